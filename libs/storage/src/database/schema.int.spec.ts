import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeSchema } from '../../testing/describe-schema.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());

test('migrations make what entities describe', async () => {
  const drift = await pg.database.driver.createSchemaBuilder().log();
  expect(drift.upQueries.map(({ query }) => query)).toEqual([]);
});

test('the committed dump is what migrations make (npx vitest run libs/storage -u writes it)', async () => {
  const dump = await describeSchema(pg.database, ['computed', 'decided', 'sent']);
  await expect(dump).toMatchFileSnapshot('../../../../migrations/schema.sql');
});

test('a drift would be seen', async () => {
  await pg.database.transaction(async (manager) => {
    await manager.query('ALTER TABLE decided.triage DROP COLUMN verdict');
    await manager.query('DROP INDEX computed.alert_by_group');
  });
  const drift = await pg.database.driver.createSchemaBuilder().log();
  const queries = drift.upQueries.map(({ query }) => query).join('\n');
  expect(queries).toMatch(/"triage" ADD "verdict"/);
  expect(queries).toMatch(/alert_by_group/);
});
