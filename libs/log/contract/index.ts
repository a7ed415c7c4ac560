import { describe } from 'vitest';
import { appending } from './append.js';
import { consuming } from './consume.js';
import type { OpenLog } from './fixture.js';
import { groups } from './groups.js';
import { reading } from './read.js';
import { topics } from './topics.js';

export type { LogFixture, OpenLog } from './fixture.js';

/** What the comments of `Log` say, as tests. An engine is whatever passes them. */
export function describeLog(name: string, open: OpenLog): void {
  describe(`log: ${name}`, () => {
    topics(open);
    appending(open);
    reading(open);
    consuming(open);
    groups(open);
  });
}
