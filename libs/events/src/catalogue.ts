import type { EventType } from './event-type.js';
import { alert } from './types/alert.js';
import { apiCall } from './types/api-call.js';
import { contestEntry } from './types/contest-entry.js';
import { exposure } from './types/exposure.js';
import { feedback } from './types/feedback.js';
import { log } from './types/log.js';
import { login } from './types/login.js';
import { mailReceipt } from './types/mail-receipt.js';
import { metric } from './types/metric.js';
import { pageView } from './types/page-view.js';
import { relation } from './types/relation.js';
import { retract } from './types/retract.js';
import { search } from './types/search.js';
import { share } from './types/share.js';
import { vote } from './types/vote.js';

/** Every event type, in reading order. A new one is its file and a line here. */
export const eventTypes: readonly EventType[] = [
  apiCall,
  pageView,
  search,
  login,
  mailReceipt,
  share,
  relation,
  feedback,
  contestEntry,
  exposure,
  vote,
  retract,
  metric,
  log,
  alert,
];

const byName = new Map(eventTypes.map((type) => [type.name, type]));

/** The event type of that name. */
export function eventTypeOf(name: string): EventType | undefined {
  return byName.get(name);
}
