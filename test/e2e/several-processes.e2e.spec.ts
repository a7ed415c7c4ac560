import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cli } from '../../apps/weir/testing/cli.js';
import { kafkaForTests, type TestKafka } from '../../libs/log/testing/kafka.js';
import { openTestDatabase, type TestDatabase } from '../../libs/storage/testing/test-database.js';
import { answer, expectedOf, hasRealData, rightAnswer, rulesFor } from '../scenarios/real-data.js';
import { Fleet, fleetKey } from './fleet.js';
import { alertsOf } from './outcome.js';

const kafka = await kafkaForTests('Weir in several processes on Kafka');
const run = `e2e-several-${process.pid}-${Math.trunc(performance.timeOrigin)}`;
const everyone = ['ingest', 'detect', 'detect-2', 'detect-3', 'project', 'api'];

if (kafka) describe('Weir in several processes', () => severalProcesses(kafka));

function severalProcesses(cluster: TestKafka): void {
  let cli: Cli;
  let pg: TestDatabase;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    cli = new Cli();
    pg = await openTestDatabase();
    env = { WEIR_KAFKA_BROKERS: cluster.brokers.join(','), WEIR_PARTITIONS: '4', WEIR_LATENESS: '10m' };
  });
  afterAll(async () => {
    await cli.close();
    await pg.close();
    await cluster.deleteAll(run);
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
    expect(waits.sort((a, b) => a - b)[2]).toBeLessThan(1_000);

    for (const name of everyone) {
      expect((await fetch(`${fleet.url(name)}/health/live`)).status).toBe(200);
      expect(await (await fetch(`${fleet.url(name)}/metrics`)).text()).toContain('process_cpu_seconds_total');
    }
    for (const { name, code, stderr } of await fleet.endAll())
      expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' });
  });
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
