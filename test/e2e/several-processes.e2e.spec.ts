import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#libs/clock';
import { openKafkaLog } from '#libs/log';
import { Cli } from '../../apps/weir/testing/cli.js';
import { kafkaForTests, type TestKafka } from '../../libs/log/testing/kafka.js';
import { openTestDatabase, type TestDatabase } from '../../libs/storage/testing/test-database.js';
import { answer, expectedOf, hasRealData, rightAnswer, rulesFor } from '../scenarios/real-data.js';
import { Feeding } from './feeding.js';
import { Fleet, fleetKey } from './fleet.js';
import { type AlertOutcome, adminKey, alertsOf, copiesIn, settledAlerts } from './outcome.js';
import { Sender, wrongCopies } from './sender.js';
import { settledBefore, trafficBatches } from './traffic.js';

const kafka = await kafkaForTests('Weir in several processes on Kafka');
const run = `e2e-several-${process.pid}-${Math.trunc(performance.timeOrigin)}`;
const traffic = trafficBatches(42);
/** Of the trial broker; a member that is silent for so long has lost its partitions. */
const sessionMs = 6_000;
const everyone = ['ingest', 'detect', 'detect-2', 'detect-3', 'project', 'notify', 'api'];

if (kafka) describe('Weir in several processes', () => severalProcesses(kafka));

function severalProcesses(cluster: TestKafka): void {
  let cli: Cli;
  let pg: TestDatabase;
  let env: NodeJS.ProcessEnv;
  let undisturbed: AlertOutcome[];
  beforeAll(async () => {
    cli = new Cli();
    const calm = new Cli();
    pg = await openTestDatabase();
    const weir = await calm.start({ WEIR_LATENESS: '10m' });
    const sender = new Sender();
    sender.aim(weir.url, adminKey(calm));
    for (const batch of traffic.flat()) await sender.send(batch);
    undisturbed = await settledAlerts(calm, weir.url, adminKey(calm));
    await calm.close();
    expect(undisturbed.length).toBeGreaterThan(40);
    env = { WEIR_KAFKA_BROKERS: cluster.brokers.join(','), WEIR_PARTITIONS: '4', WEIR_LATENESS: '10m' };
  });
  afterAll(async () => {
    await cli.close();
    await pg.close();
    await cluster.deleteAll(run);
  });

  test('a process killed, one asleep past its session, partitions added, all restarted one by one under load: the alerts are those of a calm run', async () => {
    const sender = new Sender();
    const fleet = await Fleet.open(cli, pg, 'faults', { ...env, WEIR_KAFKA_PREFIX: `${run}-faults.` });
    const all = [...everyone, 'project-2'];
    await fleet.start(...all);
    await fleet.ready(...all);
    sender.aim(fleet.url('ingest'), fleetKey);
    const feeding = new Feeding(sender, traffic, () => fleet.caughtUp());
    const goesOn = () => feeding.goesOn(1_500);
    await goesOn();

    await fleet.end('detect', 'SIGKILL');
    await goesOn();
    await fleet.start('detect');
    await goesOn();

    for (const topic of ['login', 'weir.matches']) await cluster.grow(`${run}-faults.${topic}`, 6);
    await goesOn();

    const asleep = ['detect-2', 'project'];
    for (const name of asleep) fleet.signal(name, 'SIGSTOP');
    await delay(sessionMs + 2_000);
    for (const name of asleep) fleet.signal(name, 'SIGCONT');
    await goesOn();

    for (const name of all) {
      if (name === 'ingest') sender.aim(null);
      expect(await fleet.end(name)).toMatchObject({ code: 0 });
      await fleet.start(name);
      if (name === 'ingest') sender.aim(fleet.url('ingest'));
      await fleet.ready(name);
    }
    await feeding.finish();

    const alerts = await settled(fleet);
    const audit = await (await fleet.get('api', '/api/v1/audit', 'POST')).json();
    const positions = await fleet.query<{ partition: number; offset: string }>(
      `SELECT partition, "offset" FROM computed.projection_position WHERE projection = 'alerts' ORDER BY partition`,
    );
    await endAll(fleet);
    const log = await openKafkaLog({ brokers: cluster.brokers, clock: systemClock, prefix: `${run}-faults.` });
    const copies = await copiesIn(log);
    const [ends] = await log.ends(['alert']);
    await log.close();
    expect(wrongCopies(sender.acknowledged, copies)).toEqual([]);
    expect(audit).toMatchObject({ agrees: true });
    expect(alerts).toEqual(undisturbed);
    expect(positions.map(({ offset }) => Number(offset))).toEqual(ends);
  });

  test.runIf(hasRealData)('three detect processes give the right answer, and a new alert soon', async () => {
    const expected = expectedOf('ssh-auth/expected.csv');
    const rules = join(cli.dataDir, 'rules');
    mkdirSync(rules);
    for (const { file, text } of rulesFor(expected)) writeFileSync(join(rules, file), text);
    const fleet = await Fleet.open(cli, pg, 'answer', {
      ...env,
      WEIR_KAFKA_PREFIX: `${run}-answer.`,
      WEIR_RULES_DIR: rules,
    });
    await fleet.start(...everyone);
    await fleet.ready(...everyone);
    const file = new URL('../../../shared/data/ssh-auth/auth.log', import.meta.url).pathname;
    const sent = await cli.run(['ingest', file, '--as', 'sshd', '--year', '2017'], {
      WEIR_URL: fleet.url('ingest'),
      WEIR_ADMIN_KEY: fleetKey,
    });
    expect(sent).toMatchObject({ code: 0 });
    await fleet.caughtUp();
    const found = await alertsOf(fleet.url('api'), fleetKey);
    const alerts = found.map((alert) => ({ ...alert, openedAt: Date.parse(alert.openedAt) }));
    expect(answer(alerts)).toEqual(rightAnswer(expected));

    const waits: number[] = [];
    for (let attacker = 1; attacker <= 5; attacker++) waits.push(await waitForAlert(fleet, `192.0.2.${attacker}`));
    console.info(`A first alert with three detect processes: ${waits.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);

    for (const name of everyone) {
      expect((await fetch(`${fleet.url(name)}/health/live`)).status).toBe(200);
      expect(await (await fetch(`${fleet.url(name)}/metrics`)).text()).toContain('process_cpu_seconds_total');
    }
    await endAll(fleet);
  });
}

async function endAll(fleet: Fleet): Promise<void> {
  const ended = await fleet.endAll();
  expect(ended.map(({ name, code }) => [name, code])).toEqual(ended.map(({ name }) => [name, 0]));
}

/** Alerts once all is processed and what is over is closed. */
async function settled(fleet: Fleet): Promise<AlertOutcome[]> {
  for (let waited = 0; ; waited += 250) {
    await fleet.caughtUp();
    const alerts = await alertsOf(fleet.url('api'), fleetKey);
    const isOpen = alerts.some(({ openedAt, state }) => openedAt < settledBefore && state === 'open');
    if (!isOpen || waited >= 20_000) return alerts;
    await delay(250);
  }
}

/** Twelve wrong passwords of one address; from their acknowledgement until its alert can be read, ms. */
async function waitForAlert(fleet: Fleet, ip: string): Promise<number> {
  const now = Date.now();
  const events = Array.from({ length: 12 }, (_, i) => ({
    specversion: '1.0',
    id: `${ip}-${i}`,
    source: 'spec',
    type: 'login',
    time: new Date(now - 1000 + i).toISOString(),
    data: { outcome: 'failure', ip, service: 'sshd' },
  }));
  const headers = { 'content-type': 'application/cloudevents-batch+json', 'x-api-key': fleetKey };
  const body = JSON.stringify(events);
  const sent = await fetch(`${fleet.url('ingest')}/api/v1/events`, { method: 'POST', headers, body });
  expect(sent.status).toBe(200);
  const from = performance.now();
  for (;;) {
    const page = (await (await fleet.get('api', `/api/v1/alerts?group=ip:${ip}`)).json()) as { items: unknown[] };
    if (page.items.length > 0) return performance.now() - from;
    if (performance.now() - from > 20_000) throw new RangeError(`No alert for ${ip}.`);
    await delay(10);
  }
}
