import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cli } from '../../apps/weir/testing/cli.js';
import { kafkaForTests, type TestKafka } from '../../libs/log/testing/kafka.js';
import { openTestDatabase, type TestDatabase } from '../../libs/storage/testing/test-database.js';
import { Fleet, fleetKey } from '../e2e/fleet.js';
import { composeFile, environmentOf } from './compose.js';
import { readStages } from './dockerfile.js';

const kafka = await kafkaForTests('The processes of compose.yaml');
const prefix = `e2e-compose-${process.pid}-${Math.trunc(performance.timeOrigin)}.`;
const { services } = composeFile();
const loggedIn = [0, 1, 2, 3, 4, 5]
  .map((second) => `Jan 15 10:00:0${second} web-1 sshd[42]: Failed password for root from 192.0.2.7 port 4242 ssh2\n`)
  .join('');

if (kafka) describe('compose.yaml, without containers', () => withoutContainers(kafka));

function withoutContainers(cluster: TestKafka): void {
  let cli: Cli;
  let pg: TestDatabase;
  beforeAll(async () => {
    cli = new Cli();
    pg = await openTestDatabase();
  });
  afterAll(async () => {
    await cli.close();
    await pg.close();
    await cluster.deleteAll(prefix);
  });

  test('its commands in its environment, three of detect, find an attack and stop in order', async () => {
    const names = Object.values(services).flatMap(({ build, command }) => (build ? command!.slice(1) : []));
    const fleet = await Fleet.open(cli, pg, 'compose', environmentOfAll(cluster));
    const all = [...names, 'detect-2', 'detect-3'];
    await fleet.start(...all);
    await fleet.ready(...all);
    const headers = { 'content-type': 'text/plain', 'x-api-key': fleetKey };
    const url = `${fleet.url('ingest')}/api/v1/ingest/sshd`;
    const sent = await fetch(url, { method: 'POST', headers, body: loggedIn });
    expect(await sent.json()).toMatchObject({ accepted: 6 });
    await fleet.caughtUp();
    const alerts = await fleet.get('api', '/api/v1/alerts');
    expect(await alerts.json()).toMatchObject({ items: [{ rule: { title: 'SSH password guessing' } }] });
    for (const { name, code, stderr } of await fleet.endAll()) expect(code, `${name}: ${stderr}`).toBe(0);
  });

  test('the health check of Kafka tells a broker from none', () => {
    const [, program, ...args] = services.kafka.healthcheck!.test;
    const at = (address: string) => args.map((arg) => arg.replace('127.0.0.1/9092', address.replace(':', '/')));
    const check = (address: string) => spawnSync(program, at(address), { timeout: 10_000 }).status;
    expect([check(cluster.brokers[0]), check('127.0.0.1:1')]).toEqual([0, 1]);
  });
}

/** One environment, for it is the same in all: with other servers, and with ports and names that no other test has. */
function environmentOfAll(cluster: TestKafka): NodeJS.ProcessEnv {
  const image = readStages()
    .at(-1)!
    .steps.filter(({ keyword }) => keyword === 'ENV')
    .flatMap(({ args }) => args.map((word) => word.split(/=(.*)/s, 2)))
    .filter(([name]) => name !== 'WEIR_DATA_DIR');
  const own = {
    WEIR_ADMIN_KEY: fleetKey,
    POSTGRES_PASSWORD: 'none',
    WEIR_KAFKA_BROKERS: cluster.brokers.join(','),
    WEIR_KAFKA_PREFIX: prefix,
    WEIR_PARTITIONS: '4',
  };
  const environments = Object.values(services).flatMap((service) =>
    service.build ? [environmentOf(service, own)] : [],
  );
  for (const environment of environments) expect(environment).toEqual(environments[0]);
  return { ...Object.fromEntries(image), ...environments[0], WEIR_HTTP_PORT: '0' };
}
