import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#libs/clock';
import { openKafkaLog } from '#libs/log';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { kafkaForTests, type TestKafka } from '../../libs/log/testing/kafka.js';
import { Feeding } from './feeding.js';
import { type AlertOutcome, adminKey, copiesIn, settledAlerts } from './outcome.js';
import { Sender, wrongCopies } from './sender.js';
import { trafficBatches } from './traffic.js';

const traffic = trafficBatches(42);
/** One that waits for a broker falls behind the others. */
const lateness = { WEIR_LATENESS: '10m' };
/** What Weir says of an outage, at most: a warning of each kind every ten seconds. */
const linesMax = 60;
/** Longer than members of a group may be silent before their partitions go to others. */
const aMinuteMs = 60_000;

let undisturbed: AlertOutcome[];
let cli: Cli;
let sender: Sender;
beforeEach(() => {
  cli = new Cli();
  sender = new Sender();
});
afterEach(() => cli.close());

const feed = () =>
  new Feeding(sender, traffic, async () => {
    while ((await cli.run(['lag', '--wait'])).code !== 0) await delay(100);
  });

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
  const finish = async (feeding: Feeding, weir: Running): Promise<string[]> => {
    await Promise.race([feeding.finish(), weir.dies()]);
    const alerts = await settledAlerts(cli, weir.url, adminKey(cli));
    // As time passes, windows may be writing that one more alert is over.
    await expect.poll(() => cli.json('audit')).toMatchObject({ caughtUp: true, agrees: true });
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
    await feeding.goesOn(1_000);
    await cluster.stop(2);
    await feeding.goesOn(1_000);
    await cluster.start(2);
    await feeding.goesOn(1_000);
    await cluster.stop(3, true);
    await feeding.goesOn(1_000);
    await cluster.start(3);
    const said = await finish(feeding, weir);
    expect(said.length).toBeLessThan(linesMax);
  });

  test('all brokers are away for a minute: ingest says so in time, who tries again loses nothing, and all goes on afterwards', async () => {
    const weir = await start();
    const feeding = feed();
    await feeding.goesOn(5_000);
    await Promise.all([1, 2, 3].map((broker) => cluster.stop(broker, true)));
    const headers = { 'content-type': 'application/x-ndjson', 'x-api-key': adminKey(cli) };
    const refused = await fetch(`${weir.url}/api/v1/ingest/ndjson`, {
      method: 'POST',
      headers,
      body: traffic[0][0].body,
    });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect((await fetch(`${weir.url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${weir.url}/health/ready`);
    expect(ready.status).toBe(503);
    await delay(aMinuteMs);
    await Promise.all([1, 2, 3].map((broker) => cluster.start(broker)));
    await feeding.goesOn(1_000);
    const said = await finish(feeding, weir);
    expect(said.length).toBeLessThan(4 * linesMax);
  });

  test('Weir is killed twice, after PostgreSQL was away for a minute: the alerts are those of a calm run', async () => {
    let weir = await start();
    const feeding = feed();
    await feeding.goesOn(4_000);
    const needed = join(cli.dataDir, 'postgres', 'PG_VERSION');
    renameSync(needed, `${needed}.away`);
    expect(cli.killPostgres()).toBe(true);
    await Promise.all([feeding.goesOn(4_000), delay(aMinuteMs)]);
    renameSync(`${needed}.away`, needed);
    for (const instance of [{}, { WEIR_KAFKA_INSTANCE: 'only' }]) {
      sender.aim(null);
      await weir.end('SIGKILL');
      weir = await start(instance);
      await feeding.goesOn(4_000);
    }
    await finish(feeding, weir);
  });
}
