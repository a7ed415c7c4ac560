import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { listenForRules } from './rule-feed.js';
import { RuleStore } from './rule-store.js';

let pg: TestDatabase;
let rules: RuleStore;
const clock = new ManualClock(Date.UTC(2026, 0, 1));
beforeAll(async () => {
  pg = await openTestDatabase();
  rules = new RuleStore(pg.database, clock);
});
afterAll(() => pg.close());

const text = (id: string, body: string, version = 1) => ({ id, name: id, text: body, file: `${id}.yml`, version });

test('every text is a version of its own, and the history says who changed what, and when', async () => {
  const [made] = await rules.put([text('a', 'one')], 'key-1');
  expect(made).toMatchObject({ version: 1, state: 'enabled', source: 'database', actor: 'key-1', at: clock.now() });
  expect((await rules.put([text('a', 'one')], 'key-2'))[0]).toEqual(made);
  const shadowed = await rules.setState('a', 'shadow', 'shadowed', 'key-2');
  expect(shadowed).toMatchObject({ version: 1, state: 'shadow', actor: 'key-2' });
  const [changed] = await rules.put([text('a', 'two')], 'key-3');
  expect(changed).toMatchObject({ version: 2, state: 'shadow', text: 'two' });
  expect(await rules.delete('a', 'key-4')).toBe(true);
  expect(await rules.delete('a', 'key-4')).toBe(false);
  expect((await rules.put([text('a', 'three')], 'key-5'))[0]).toMatchObject({ version: 3, state: 'enabled' });
  expect(
    (await rules.history('a')).map(({ action, version, state, actor }) => [action, version, state, actor]),
  ).toEqual([
    ['created', 3, 'enabled', 'key-5'],
    ['deleted', 2, null, 'key-4'],
    ['changed', 2, 'shadow', 'key-3'],
    ['shadowed', 1, 'shadow', 'key-2'],
    ['created', 1, 'enabled', 'key-1'],
  ]);
  expect([await rules.text('a', 2), await rules.text('a', 9)]).toEqual(['two', null]);
});

test('who has not seen the last change is refused', async () => {
  const [made] = await rules.put([text('b', 'one')], 'key-1', { b: 0 });
  await rules.put([text('b', 'two')], 'key-2', { b: made.change });
  const refused = { code: 'RULE_CHANGED', message: /key-2/ };
  await expect(rules.put([text('b', 'three')], 'key-1', { b: made.change })).rejects.toMatchObject(refused);
  await expect(rules.setState('b', 'disabled', 'disabled', 'k', { b: made.change })).rejects.toMatchObject(refused);
  await expect(rules.delete('b', 'k', { b: made.change })).rejects.toMatchObject(refused);
  await expect(rules.put([text('b', 'three')], 'key-1', { b: 0 })).rejects.toMatchObject(refused);
});

test('files have versions, too; what was written over the API stands above them', async () => {
  await rules.recordFiles([text('c', 'one', 4), text('d', 'one')], []);
  await rules.recordFiles([text('c', 'two', 4)], []);
  expect((await rules.list()).find(({ id }) => id === 'c')).toMatchObject({
    version: 5,
    source: 'file',
    actor: 'file',
  });
  await rules.put([text('c', 'mine')], 'key-1');
  await rules.recordFiles([text('c', 'three', 4)], ['d', 'c']);
  const left = (await rules.list()).filter(({ id }) => 'cd'.includes(id));
  expect(left).toMatchObject([{ id: 'c', version: 6, source: 'database', text: 'mine' }]);
});

test('whoever listens is told of changes', async () => {
  let looks = 0;
  const close = await listenForRules({ url: pg.url, look: () => looks++ });
  const before = looks;
  await rules.put([text('e', 'one')], 'key-1');
  await expect.poll(() => looks).toBeGreaterThan(before);
  await close();
});

test('rules can be had as they were at a moment', async () => {
  await rules.put([text('f', 'one'), text('g', 'one')], 'key-1');
  const first = clock.now();
  clock.advance(1000);
  await rules.put([text('f', 'two'), text('h', 'one')], 'key-1');
  await rules.delete('g', 'key-1');
  const textsAt = async (at: number) =>
    (await rules.asOf(at)).filter(({ id }) => 'fgh'.includes(id)).map((rule) => `${rule.id} ${rule.text}`);
  expect(await textsAt(first)).toEqual(['f one', 'g one', 'h one']);
  expect(await textsAt(clock.now())).toEqual(['f two', 'h one']);
  expect(await textsAt(first - 1)).toEqual(['f one', 'g one', 'h one']);
});
