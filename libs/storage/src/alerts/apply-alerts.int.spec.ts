import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { claimPositions } from '../positions/positions.js';
import { applyAlerts } from './apply-alerts.js';
import { getAlert } from './read-alerts.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

it('writes', async () => {
  const start = { projection: 'p', topic: 'alert', partition: 0, offset: 0 };
  console.log(await claimPositions(test.database, [start]));
  await applyAlerts(test.database, start, [{ offset: 0, alert: alertEvent({}) }], 1);
  console.log(await getAlert(test.database, 'a1'));
  const log = await test.database.driver.createSchemaBuilder().log();
  console.log(log.upQueries);
  expect(1).toBe(1);
});
