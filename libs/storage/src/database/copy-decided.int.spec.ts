import { afterAll, beforeAll, expect, test } from 'vitest';
import { mintKey } from '#libs/auth';
import { systemClock } from '#libs/clock';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { openKeyStore } from '../keys/key-store.js';
import { copyDecided } from './copy-decided.js';

let from: TestDatabase;
let to: TestDatabase;
beforeAll(async () => {
  [from, to] = await Promise.all([openTestDatabase(), openTestDatabase()]);
});
afterAll(() => Promise.all([from.close(), to.close()]));

const contents = ({ database }: TestDatabase) =>
  Promise.all(
    database.entityMetadatas
      .filter(({ schema }) => schema !== 'computed')
      .map(async ({ tablePath }) => [
        tablePath,
        await database.query(`SELECT t::text AS row FROM ${tablePath} AS t ORDER BY 1`),
      ]),
  );

test('what people decided is the same in both afterwards, and numbers go on; a second time nothing is touched', async () => {
  const keys = openKeyStore({ database: from.database, clock: systemClock, onProblem: () => {} });
  for (let i = 0; i < 3; i++) {
    await keys.create(
      { ...mintKey(), name: `key "${i}" \\ é`, scopes: ['read'], expiresAt: i === 0 ? null : 1e12 },
      'me',
    );
  }
  await keys.close();
  const insert = `INSERT INTO decided.audit_log (at, actor, action, subject, facts)
    SELECT now(), 'a', 'b', i::text, '{"x": [1, null]}' FROM generate_series(1, $1) AS i`;
  await from.database.query(insert, [2500]);
  const copied = await copyDecided(from.database, to.database);
  expect(copied).toMatchObject({ 'decided.triage': 0 });
  expect(copied!['decided.audit_log']).toBeGreaterThanOrEqual(2500);
  expect(await contents(to)).toEqual(await contents(from));
  expect(await copyDecided(from.database, to.database)).toBeNull();
  expect(await contents(to)).toEqual(await contents(from));
  await to.database.query(insert, [1]);
  const [{ newest }] = await to.database.query('SELECT max(id)::int AS newest FROM decided.audit_log');
  expect(newest).toBe(copied!['decided.audit_log'] + 1);
});
