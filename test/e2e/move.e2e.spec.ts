import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Cli } from '../../apps/weir/testing/cli.js';
import { kafkaForTests, type TestKafka } from '../../libs/log/testing/kafka.js';
import { openTestDatabase, type TestDatabase } from '../../libs/storage/testing/test-database.js';
import { type AlertOutcome, adminKey, settledAlerts } from './outcome.js';
import { Sender } from './sender.js';
import { trafficBatches } from './traffic.js';

const kafka = await kafkaForTests('moving a data folder to Kafka');
const run = `e2e-move-${process.pid}-${Math.trunc(performance.timeOrigin)}`;
/** An hour, and a minute later on; the house is moved in the middle of the hour. */
const [hour, minute] = trafficBatches(42);
const before = hour.slice(0, hour.length >> 1);
const after = [...hour.slice(before.length), ...minute];

if (kafka) describe('a data folder that is moved to Kafka', () => moving(kafka));

function moving(cluster: TestKafka): void {
  let undisturbed: AlertOutcome[];
  let cli: Cli;
  let pg: TestDatabase;
  let number = 0;
  beforeAll(async () => {
    const calm = new Cli();
    const weir = await calm.start({ WEIR_PARTITIONS: '4' });
    const sender = new Sender();
    sender.aim(weir.url, adminKey(calm));
    for (const batch of [...before, ...after]) await sender.send(batch);
    undisturbed = await settledAlerts(calm, weir.url, adminKey(calm));
    await calm.close();
    expect(undisturbed.length).toBeGreaterThan(40);
  });
  beforeEach(async () => {
    cli = new Cli();
    pg = await openTestDatabase();
  });
  afterEach(async () => {
    await cli.close();
    await pg.close();
  });
  afterAll(() => cluster.deleteAll(run));

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'after %s goes on there: history, open alerts, keys, rules; the alerts are those of a calm run',
    async (signal) => {
      const sender = new Sender();
      const weir = await cli.start({ WEIR_PARTITIONS: '4' });
      const key = adminKey(cli);
      sender.aim(weir.url, key);
      for (const batch of before) await sender.send(batch);
      await cli.json('lag', '--wait');
      const open = await alertsAt(weir.url, key, 'state=open');
      expect(open.length).toBeGreaterThan(0);
      const disabled = await cli.run(['rules', 'disable', 'api-flood']);
      expect(disabled).toMatchObject({ code: 0 });
      expect(await cli.run(['rules', 'enable', 'api-flood'])).toMatchObject({ code: 0 });
      const history = await cli.json('rules', 'history', 'api-flood');
      const env = {
        WEIR_KAFKA_BROKERS: cluster.brokers.join(','),
        WEIR_KAFKA_PREFIX: `${run}-${number++}.`,
        WEIR_DATABASE_URL: pg.url,
      };
      const copy = ['log', 'copy', '--from', 'embedded', '--to', 'kafka', '--json'];
      expect(await cli.run(copy, env)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('is open in another process'),
      });
      await weir.end(signal);

      const copied = await cli.run(copy, env);
      expect(copied.stderr).toBe('');
      expect(JSON.parse(copied.stdout)).toMatchObject({ decided: 'copied', snapshots: expect.any(Number) });
      // Asked again, it finds all of it there.
      const again = JSON.parse((await cli.run(copy, env)).stdout);
      expect(again).toMatchObject({ topics: JSON.parse(copied.stdout).topics, decided: 'there already' });

      const moved = await cli.start(env);
      expect(await cli.json('rules', 'history', 'api-flood')).toEqual(history);
      await cli.json('lag', '--wait');
      const known = new Set((await alertsAt(moved.url, key, '')).map(({ id }) => id));
      expect(open.filter(({ id }) => !known.has(id))).toEqual([]);
      sender.aim(moved.url, key);
      for (const batch of after) await sender.send(batch);
      expect(await settledAlerts(cli, moved.url, key)).toEqual(undisturbed);
      expect(await cli.json('audit')).toMatchObject({ agrees: true });
      const [{ id }] = open;
      const { evidence } = (await getJson(moved.url, key, `/api/v1/alerts/${id}`)) as { evidence: Evidence[] };
      const { topic, partition, offset, event } = evidence[0];
      const at = `/api/v1/topics/${topic}/records?partition=${partition}&offset=${offset}&limit=1`;
      expect(await getJson(moved.url, key, at)).toMatchObject({ items: [{ offset, value: { id: event.id } }] });
      await moved.end();
    },
    120_000,
  );
}

interface Evidence {
  topic: string;
  partition: number;
  offset: number;
  event: { id: string };
}

async function getJson(url: string, key: string, path: string): Promise<unknown> {
  return (await fetch(url + path, { headers: { 'x-api-key': key } })).json();
}

async function alertsAt(url: string, key: string, query: string): Promise<{ id: string }[]> {
  const { items } = (await getJson(url, key, `/api/v1/alerts?limit=200&${query}`)) as { items: { id: string }[] };
  return items;
}
