import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { RuleStore } from '#libs/storage';
import { openTestDatabase, type TestDatabase } from '../../../../libs/storage/testing/test-database.js';
import { rulesThen } from './rules-then.js';

let pg: TestDatabase;
let store: RuleStore;
const clock = new ManualClock(Date.UTC(2026, 0, 1));
const limits = { latenessMs: 60_000, groupsMax: 1000 };
const filters = {
  file: 'filters.yml',
  text: 'title: F\nlogsource: {product: weir, service: login}\nfilter: {rules: [failed], ours: {user: robot}, condition: ours}\n',
};

beforeAll(async () => {
  pg = await openTestDatabase();
  store = new RuleStore(pg.database, clock);
});
afterAll(() => pg.close());

const failed = (outcome: string) =>
  `title: Failed\nname: failed\nlogsource: {product: weir, service: login}\ndetection: {s: {outcome: ${outcome}}, condition: s}\n`;
const many = (least: number, counted = 'failed') =>
  `title: Many\nname: many\ncorrelation: {type: event_count, rules: [${counted}], group-by: [ip], timespan: 1m, condition: {gte: ${least}}}\n`;
const put = async (name: string, text: string) => {
  await store.put([{ id: name, name, text, file: `${name}.yml`, version: 1 }], 'key-1');
  clock.advance(1000);
  return clock.now() - 1000;
};
const then = (version: number, countedMs: number) =>
  rulesThen({ store, live: { files: [filters] } }, { rule: { id: 'many', name: 'many', version } }, countedMs, limits);

test('a rule is had as it was when its events were counted, with what it counted then', async () => {
  const first = await put('failed', failed('failure'));
  await put('many', many(3));
  const changed = await put('failed', failed('success'));
  const second = await put('many', many(5));

  const before = await then(1, changed - 500);
  expect(before).toMatchObject({ text: expect.stringMatching(/outcome: failure.*gte: 3.*robot/s) });
  expect(await then(1, changed)).toMatchObject({ text: expect.stringMatching(/outcome: success.*gte: 3/s) });
  // What an older version counted it counted before it went, and a younger one not before it came.
  expect(await then(1, second + 9999)).toMatchObject({ text: expect.stringMatching(/outcome: success.*gte: 3/s) });
  expect(await then(2, first)).toMatchObject({ beganMs: second, text: expect.stringMatching(/success.*gte: 5/s) });
});

test('what can’t be run again says why', async () => {
  expect(await then(7, clock.now())).toEqual({
    kind: 'rule-version-unknown',
    said: 'Version 7 of the rule many (many) is not known; known: 1, 2',
    facts: { version: 7, versions: [1, 2] },
  });
  await put('many', many(5, 'gone'));
  expect(await then(3, clock.now())).toMatchObject({
    kind: 'rule-refused',
    said: expect.stringContaining('No rule has the name or id `gone`'),
  });
});
