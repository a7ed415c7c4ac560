import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { type Alert, topics } from '#libs/events';
import { parseNetwork } from '#libs/silencing';
import { activeSilences, SilenceStore } from '#libs/storage';
import { alertEvent } from '../../../libs/storage/testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../../libs/storage/testing/test-database.js';
import { Projecting } from '../testing/projecting.js';
import { decodeAlert } from './decode-alert.js';

const start = Date.UTC(2026, 0, 1);
const clock = new ManualClock(start);
let pg: TestDatabase;
let run: Projecting;

beforeAll(async () => {
  pg = await openTestDatabase();
  run = await Projecting.open(pg.database, clock);
});
afterAll(async () => {
  await run.close();
  await pg.close();
});

async function project(): Promise<void> {
  await run.start({ guard: { ownNetworks: [parseNetwork('10.0.0.0/8')!], perMinuteMax: 5, beyondAddressesMax: 3 } });
  await run.untilCaughtUp('decisions');
}

/** Everything that was computed, but for the numbers of changes. */
async function computed(): Promise<unknown> {
  const read = (table: string, order: string) =>
    pg.database.query<object[]>(`SELECT to_jsonb(t) - 'change' AS row FROM computed.${table} t ORDER BY ${order}`);
  return [
    await read('decision', 'alert_id, term'),
    await read('guard_bite', 'rule_id, reason, minute'),
    await read('held_alert', 'alert_id, silence_id'),
  ];
}

async function append(partition: number, ips: readonly string[], changes: Partial<Alert> = {}): Promise<void> {
  const lastSeen = new Date(clock.now()).toISOString();
  const decision = { type: 'ban' as const, duration: '4h', durationMs: 14_400_000, scope: 'Ip' };
  const records = ips.map((ip) => {
    const data = alertEvent({ id: `of-${ip}`, group: { ip }, decision, lastSeen, ...changes });
    const event = { specversion: '1.0', id: ip, source: '/weir/detect', type: 'alert', time: lastSeen, data };
    return { partition, time: clock.now(), value: Buffer.from(JSON.stringify(event)) };
  });
  await run.log.append(topics.alert, records);
}

async function guardAlerts(): Promise<Alert[]> {
  const found = new Map<string, Alert>();
  for (let partition = 0; partition < 3; partition++) {
    const { partitions } = await run.log.describe(topics.alert);
    for (let at = 0; at < partitions[partition].next; ) {
      const batch = await run.log.read(topics.alert, partition, at);
      for (let i = 0; i < batch.count; i++) {
        const decoded = decodeAlert(batch.value(i));
        if (decoded.kind !== 'ok' || decoded.alert.rule.id !== 'weir-decision-guard') continue;
        const { id, position } = decoded.alert;
        if ((found.get(id)?.position.offset ?? 0) < position.offset) found.set(id, decoded.alert);
      }
      at = batch.nextOffset;
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

test('decisions follow from the log: computed again they are the same, ids, guard, silences and all', async () => {
  const silences = new SilenceStore(pg.database, clock);
  await silences.add(
    'silence',
    { matchers: { group: { ip: ['192.0.2.1'] } }, endsAt: start + 600_000, reason: 'r' },
    'k',
  );
  expect(await activeSilences(pg.database, start)).toMatchObject([{ kind: 'silence' }]);
  expect(await activeSilences(pg.database, start + 600_000)).toEqual([]);
  for (let second = 0; second < 12; second++) {
    clock.set(start + second * 10_000);
    await append(second % 3, [`192.0.2.${second}`, `10.0.0.${second}`]);
    await append(0, ['192.0.2.1']);
    await append(2, [`198.51.100.${second}`], { shadow: true });
    if (second % 2 === 1) continue;
    const country = { type: 'ban' as const, duration: '4h', durationMs: 14_400_000, scope: 'Country' };
    await append(1, [`country ${second}`], {
      rule: { ...alertEvent().rule, id: 'r2', name: 'countries' },
      group: { country: `country ${second}` },
      decision: country,
    });
  }
  await project();
  const first = await computed();
  const guarded = await guardAlerts();
  await run.stop();
  await pg.database.query(
    'TRUNCATE computed.decision, computed.guard_bite, computed.held_alert, computed.projection_position, computed.alert, computed.alert_evidence',
  );
  await project();
  expect(await computed()).toEqual(first);
  expect(await guardAlerts()).toEqual(guarded);
  expect(first).toMatchObject([
    { length: 30 },
    [6, 6, 1, 1, 3].map((refused) => ({ row: { refused } })),
    { length: 1 },
  ]);
  expect(guarded.map(({ state, events, group }) => [state, events, group.reason]).sort()).toEqual([
    ['open', 1, 'rate'],
    ['open', 1, 'rate'],
    ['open', 3, 'many'],
    ['open', 6, 'own'],
    ['open', 6, 'own'],
  ]);
  expect(run.failures).toEqual([]);
});

test('the guard’s alerts close when their minute is over', async () => {
  clock.set(start + 600_000);
  await expect.poll(async () => (await guardAlerts()).map(({ state }) => state)).toEqual(Array(5).fill('closed'));
  expect((await guardAlerts()).every(({ closedAt }) => Date.parse(closedAt!) <= start + 120_000)).toBe(true);
});

test('bouncers that ask no more are forgotten now and then', async () => {
  await pg.database.query(
    `INSERT INTO decided.bouncer (key_id, address, pulled_at, held) VALUES ('k', '192.0.2.1', $1, ''), ('k', '192.0.2.2', $2, '')`,
    [new Date(clock.now() - 8 * 86_400_000), new Date(clock.now())],
  );
  clock.advance(600_000);
  await expect.poll(() => pg.database.query('SELECT address FROM decided.bouncer')).toEqual([{ address: '192.0.2.2' }]);
});
