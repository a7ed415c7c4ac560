import type { Provider } from '@nestjs/common';
import { FEEDS, type FeedOptions } from '../ports.js';
import { FeedDesk } from './feed-desk.js';
import { FeedNews } from './feed-news.js';
import { FeedbackController } from './feedback.controller.js';
import { FeedsController } from './feeds.controller.js';
import { Feeds } from './feeds.js';
import { FeedRebuildController } from './rebuild.controller.js';
import { RelationsController } from './relations.controller.js';

export const feedControllers = [FeedsController, FeedbackController, FeedRebuildController, RelationsController];

export const feedProviders = (options: FeedOptions): Provider[] => [
  { provide: FEEDS, useValue: options },
  Feeds,
  FeedDesk,
  FeedNews,
];
