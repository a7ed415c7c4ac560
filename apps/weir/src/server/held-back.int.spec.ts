import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { SilenceStore } from '#libs/storage';
import { alertEvent } from '../../../../libs/storage/testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../../../libs/storage/testing/test-database.js';
import { heldBackBy } from './held-back.js';

const hour = 3_600_000;
const clock = new ManualClock(Date.UTC(2026, 0, 1));
let pg: TestDatabase;
let silences: SilenceStore;
beforeAll(async () => {
  pg = await openTestDatabase();
  silences = new SilenceStore(pg.database, clock);
});
afterAll(() => pg.close());

const ours = alertEvent({ group: { ip: '192.0.2.7' } });
const other = alertEvent({ group: { ip: '198.51.100.7' } });

test.each(['silence', 'allowlist'] as const)(
  'an entry of kind %s keeps notifications of what it is about away while it holds, within a second',
  async (kind) => {
    const heldBack = heldBackBy(pg.database, clock);
    expect(await heldBack(ours)).toBeNull();
    const entry = { matchers: { cidr: ['192.0.2.0/24'] }, endsAt: clock.now() + hour, reason: 'ours' };
    const { id } = await silences.add(kind, entry, 'somebody');
    clock.advance(1_000);
    expect([await heldBack(ours), await heldBack(other)]).toEqual([id, null]);
    clock.advance(hour);
    expect(await heldBack(ours)).toBeNull();
  },
);

test('an entry of the allowlist without an end holds until somebody ends it', async () => {
  const heldBack = heldBackBy(pg.database, clock);
  const entry = { matchers: { cidr: ['192.0.2.7'] }, endsAt: null, reason: 'ours' };
  const { id } = await silences.add('allowlist', entry, 'somebody');
  clock.advance(1_000);
  expect(await heldBack(ours)).toBe(id);
  await silences.end('allowlist', id, 'somebody');
  clock.advance(1_000);
  expect(await heldBack(ours)).toBeNull();
});
