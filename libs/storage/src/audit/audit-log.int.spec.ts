import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { readAuditLog } from './read-audit.js';
import { writeAudit } from './write-audit.js';

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
  await pg.database.query(
    `INSERT INTO decided.api_key (id, name, hash, scopes, created_at) VALUES ('k1', 'desk', '', '{}', now())`,
  );
  await pg.database.query(
    `INSERT INTO decided.person (id, name, role, signed_in_at) VALUES ('person:7', 'ann', 'admin', now())`,
  );
  for (let i = 0; i < 10; i++) {
    await writeAudit(pg.database.manager, {
      // Two at each time: their order is that of their ids.
      at: new Date(Date.UTC(2026, 0, 1, 0, 0, Math.floor(i / 2))),
      actor: ['k1', 'person:7', 'weir'][i % 3],
      action: i % 2 === 0 ? 'thing.made' : 'thing.changed',
      subject: `thing:${i}`,
      facts: { i },
    });
  }
});
afterAll(() => pg.close());

const read = (...args: Parameters<typeof readAuditLog> extends [unknown, ...infer R] ? R : never) =>
  readAuditLog(pg.database, ...args);
const numbers = (entries: { facts: unknown }[]) => entries.map(({ facts }) => (facts as { i: number }).i);

test.each([
  `UPDATE decided.audit_log SET actor = 'nobody' WHERE subject = 'thing:1'`,
  'UPDATE decided.audit_log SET actor = actor WHERE false',
  `DELETE FROM decided.audit_log WHERE subject = 'thing:1'`,
  'TRUNCATE decided.audit_log',
])('what is there stays: %s', async (statement) => {
  const before = await read({}, 100);
  await expect(pg.database.query(statement)).rejects.toMatchObject({ code: '42501' });
  expect(await read({}, 100)).toEqual(before);
});

test('pages follow each other, newest first, with the names that actors have now', async () => {
  const all = await read({}, 100);
  expect(numbers(all)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  expect(all.slice(0, 3).map(({ actor, actorName }) => [actor, actorName])).toEqual([
    ['k1', 'desk'],
    ['weir', null],
    ['person:7', 'ann'],
  ]);
  const pages: number[][] = [];
  for (let after = null as { at: number; id: string } | null; pages.length < 10; ) {
    const page = await read({}, 3, after);
    if (page.length === 0) break;
    pages.push(numbers(page));
    after = { at: page.at(-1)!.at.getTime(), id: page.at(-1)!.id };
  }
  expect(pages).toEqual([[9, 8, 7], [6, 5, 4], [3, 2, 1], [0]]);
});

test('filters, alone and together', async () => {
  const at = (second: number) => Date.UTC(2026, 0, 1, 0, 0, second);
  expect(numbers(await read({ actor: 'k1' }, 100))).toEqual([9, 6, 3, 0]);
  expect(numbers(await read({ actor: 'k1', action: 'thing.made' }, 100))).toEqual([6, 0]);
  expect(numbers(await read({ subject: 'thing:4' }, 100))).toEqual([4]);
  expect(numbers(await read({ since: at(1), until: at(3) }, 100))).toEqual([5, 4, 3, 2]);
  expect(await read({ actor: 'nobody\0' }, 100)).toEqual([]);
});
