import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#libs/clock';
import { openKafkaLog } from '#libs/log';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { kafkaForTests, type TestKafka } from '../../libs/log/testing/kafka.js';
import { type AlertOutcome, adminKey, copiesIn, settledAlerts } from './outcome.js';
import { type Batch, Sender, wrongCopies } from './sender.js';
import { trafficBatches } from './traffic.js';

const traffic = trafficBatches(42);
/** So many requests are under way at once, each of a sender of its own. */
const senders = 4;
/** Between two requests of a sender: a trickle, however long a disturbance takes to happen; more when it is waited for. */
const trickleMs = 1_000;
const flowMs = 25;
/** One that waits for a broker falls behind the others. */
const lateness = { WEIR_LATENESS: '10m' };
/** What Weir says of an outage, at most: a warning of each kind every ten seconds. */
const linesMax = 60;

let undisturbed: AlertOutcome[];
let cli: Cli;
let sender: Sender;
beforeEach(() => {
  cli = new Cli();
  sender = new Sender();
});
afterEach(() => cli.close());

/** Sends all the traffic; with pauses while there is something to disturb. */
function feed() {
  const feeding = { done: false, pauseMs: trickleMs, all: Promise.resolve() };
  const sendEach = async (batches: Iterable<Batch>) => {
    for (const batch of batches) {
      await sender.send(batch);
      await delay(feeding.pauseMs);
    }
  };
  const sendAll = async () => {
    for (const part of traffic) {
      const waiting = part.values();
      await Promise.all(Array.from({ length: senders }, () => sendEach(waiting)));
      while ((await cli.run(['lag', '--wait'])).code !== 0) await delay(100);
    }
    feeding.done = true;
  };
  feeding.all = sendAll();
  return feeding;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

/** Waits until so many more events are acknowledged. */
async function goesOn(feeding: ReturnType<typeof feed>, events = 1_000): Promise<void> {
  const before = sender.acknowledged.size;
  feeding.pauseMs = flowMs;
  await until(() => sender.acknowledged.size > before + events);
  feeding.pauseMs = trickleMs;
}

const kafka = await kafkaForTests('Weir on Kafka: brokers, PostgreSQL and Weir that fail', 3);

if (kafka) describe('Weir on three brokers', () => disturbances(kafka));

function disturbances(cluster: TestKafka): void {
  const run = `e2e-faults-${process.pid}-${Math.trunc(performance.timeOrigin)}`;
  let prefix = '';
  let number = 0;
  const start = async (more: NodeJS.ProcessEnv = {}): Promise<Running> => {
    const weir = await cli.start({
      ...lateness,
      WEIR_KAFKA_BROKERS: cluster.brokers.join(','),
      WEIR_KAFKA_PREFIX: prefix,
      WEIR_KAFKA_REPLICATION: '3',
      WEIR_PARTITIONS: '4',
      ...more,
    });
    sender.aim(weir.url, adminKey(cli));
    return weir;
  };
  beforeAll(async () => {
    const other = new Cli();
    const weir = await other.start(lateness);
    const calm = new Sender();
    calm.aim(weir.url, adminKey(other));
    for (const batch of traffic.flat()) await calm.send(batch);
    undisturbed = await settledAlerts(other, weir.url, adminKey(other));
    await other.close();
    expect(undisturbed.length).toBeGreaterThan(40);
  });
  beforeEach(() => {
    prefix = `${run}-${number++}.`;
  });
  afterEach(async () => {
    for (const broker of [1, 2, 3]) await cluster.start(broker);
    await cluster.deleteAll(prefix);
  });

  /** Waits for the rest of the traffic; then everything must be as if nothing had happened. Gives what Weir said. */
  const finish = async (feeding: ReturnType<typeof feed>, weir: Running): Promise<string[]> => {
    expect(feeding.done).toBe(false);
    feeding.pauseMs = 0;
    await Promise.race([feeding.all, weir.dies()]);
    const alerts = await settledAlerts(cli, weir.url, adminKey(cli));
    // As time passes, windows may be writing that one more alert is over.
    await expect.poll(() => cli.json('audit'), { timeout: 20_000 }).toMatchObject({ caughtUp: true, agrees: true });
    const { code, stderr } = await weir.end();
    expect(code).toBe(0);
    const log = await openKafkaLog({ brokers: cluster.brokers, clock: systemClock, prefix });
    const copies = await copiesIn(log).finally(() => log.close());
    expect(wrongCopies(sender.acknowledged, copies)).toEqual([]);
    expect(alerts).toEqual(undisturbed);
    return stderr.trimEnd().split('\n');
  };

  test('a broker is stopped, another is killed, and each is started again: the alerts are those of a calm run', async () => {
    const weir = await start();
    const feeding = feed();
    await goesOn(feeding);
    await cluster.stop(2);
    await goesOn(feeding);
    await cluster.start(2);
    await goesOn(feeding);
    await cluster.stop(3, true);
    await goesOn(feeding);
    await cluster.start(3);
    const said = await finish(feeding, weir);
    expect(said.length).toBeLessThan(linesMax);
  }, 120_000);

  test('all brokers are away: ingest says so in time, who tries again loses nothing, and all goes on afterwards', async () => {
    const weir = await start();
    const feeding = feed();
    await goesOn(feeding, 5_000);
    await Promise.all([1, 2, 3].map((broker) => cluster.stop(broker, true)));
    const from = performance.now();
    const headers = { 'content-type': 'application/x-ndjson', 'x-api-key': adminKey(cli) };
    const refused = await fetch(`${weir.url}/api/v1/ingest/ndjson`, {
      method: 'POST',
      headers,
      body: traffic[0][0].body,
    });
    expect(performance.now() - from).toBeLessThan(12_000);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect((await fetch(`${weir.url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${weir.url}/health/ready`);
    expect(ready.status).toBe(503);
    await Promise.all([1, 2, 3].map((broker) => cluster.start(broker)));
    await goesOn(feeding);
    const said = await finish(feeding, weir);
    expect(said.length).toBeLessThan(linesMax);
  }, 120_000);

  test('Weir is killed twice and PostgreSQL is away in between: the alerts are those of a calm run', async () => {
    let weir = await start();
    const feeding = feed();
    await goesOn(feeding, 4_000);
    const needed = join(cli.dataDir, 'postgres', 'PG_VERSION');
    renameSync(needed, `${needed}.away`);
    expect(cli.killPostgres()).toBe(true);
    await goesOn(feeding, 4_000);
    renameSync(`${needed}.away`, needed);
    for (const instance of [{}, { WEIR_KAFKA_INSTANCE: 'only' }]) {
      sender.aim(null);
      await weir.end('SIGKILL');
      weir = await start(instance);
      await goesOn(feeding, 4_000);
    }
    await finish(feeding, weir);
  }, 120_000);
}
