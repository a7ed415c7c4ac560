import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { decodeMatches, planRules } from '#libs/detection';
import { eventTypes, topics } from '#libs/events';
import { type GroupPosition, type Log, openEmbeddedLog } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { FolderSnapshots, type StepResult } from '#libs/stream';
import { createLogger, createMetrics, type Metrics } from '#libs/telemetry';
import { MatchController } from './match.controller.js';
import { Urgency } from './urgency.js';

const rule = `title: Failed login
id: 7a2837d2-27e5-415b-a1b2-df5dc8ad2f2e
name: failed
level: low
logsource: { product: weir, service: login }
detection: { selection: { outcome: failure }, condition: selection }
`;
const plan = planRules(compileRules([{ file: 'failed.yml', text: rule }]), { latenessMs: 60_000, groupsMax: 1_000 });
const start = Date.UTC(2026, 0, 1);

let directory: string;
let clock: ManualClock;
let log: Log;
let stage: MatchController;
let urgency: Urgency;
let metrics: Metrics;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
  clock = new ManualClock(start);
  log = await openEmbeddedLog({ directory, clock });
  for (const { topic } of eventTypes) await log.createTopic(topic, { partitions: 1 });
  urgency = new Urgency();
  metrics = createMetrics();
  stage = new MatchController(
    {
      log,
      clock,
      plans: { current: plan, subscribe: () => {} },
      snapshots: new FolderSnapshots(directory),
      metrics,
      logger: createLogger('silent'),
      options: { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 1_000, groupsMax: 1_000 },
    },
    urgency,
  );
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

async function failedLogins(...ids: readonly string[]): Promise<void> {
  const records = ids.map((id) => {
    const time = new Date(clock.now()).toISOString();
    const data = { outcome: 'failure', ip: '192.0.2.1' };
    const event = { specversion: '1.0', id, source: '/s', type: 'login', time, data };
    return { time: clock.now(), value: Buffer.from(JSON.stringify(event)) };
  });
  await log.append('login', records);
}

async function assign(offset = 0, metadata = ''): Promise<void> {
  await stage.assigned([{ topic: 'login', partition: 0, offset, metadata } satisfies GroupPosition]);
}

async function step(from: number): Promise<StepResult> {
  return stage.match([await log.read('login', 0, from)]);
}

const hits = (result: StepResult | undefined) =>
  (result?.appends ?? [])
    .filter(({ topic }) => topic === topics.matches)
    .flatMap(({ records }) => records.map(({ value }) => decodeMatches(value)!));

test('time goes on in silence, but not while events wait to be matched', async () => {
  await assign();
  await failedLogins('1');
  await step(0);
  await failedLogins('2');
  clock.advance(3_600_000);
  expect(hits(await stage.tick()).map(({ markMs }) => markMs)).toEqual([start]);
  await step(1);
  clock.advance(60_000);
  expect(hits(await stage.tick()).map(({ markMs }) => markMs)).toEqual([start + 3_660_000]);
});

test('after a restart, no time passes before it is known what waits', async () => {
  await failedLogins('1');
  await assign();
  const { metadata } = await step(0);
  const progress = metadata!('login', 0);
  await failedLogins('2');
  clock.advance(3_600_000);
  await stage.revoked([{ topic: 'login', partition: 0 }]);
  expect(await stage.tick()).toBeUndefined();
  await assign(1, progress);
  expect(hits(await stage.tick()).map(({ markMs }) => markMs)).toEqual([start]);
});

test('where others read as well, it says how far it has read once a second, and at once where windows wait', async () => {
  await assign();
  await failedLogins('1');
  await step(0);
  await stage.tick();
  const said = async () => hits(await stage.tick()).map(({ readUntilMs, markMs }) => ({ readUntilMs, markMs }));
  clock.advance(100);
  expect(await said()).toEqual([]);
  urgency.isAsked = true;
  clock.advance(600);
  expect(await said()).toEqual([{ readUntilMs: start + 450, markMs: 0 }]);
  clock.advance(100);
  expect(await said()).toEqual([]);
  urgency.waits = true;
  const [{ reading }] = hits(await stage.tick());
  expect(JSON.parse(reading)).toMatchObject({ read: [['login', 0]], asks: true });
  await failedLogins('2');
  clock.advance(100);
  expect((await said())[0].readUntilMs).toBeLessThan(start + 700);
  urgency.waits = false;
  clock.advance(200);
  expect(await said()).toMatchObject([{ markMs: start }]);
});

test('hits beyond what an event may have are counted with their rule', async () => {
  const ip = Array.from({ length: 10_003 }, (_, i) => `host ${i}`);
  const event = { specversion: '1.0', id: '1', source: '/s', type: 'login', data: { outcome: 'failure', ip } };
  await log.append('login', [{ time: start, value: Buffer.from(JSON.stringify(event)) }]);
  await step(0);
  const { values } = await metrics.weir_match_capped_hits_total.get();
  expect(values).toMatchObject([{ labels: { rule: 'failed' }, value: 3 }]);
});
