import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { freeze } from '../../libs/storage/testing/freeze.js';
import { adminKey, copiesInLog } from './outcome.js';
import { type Batch, Sender, wrongCopies } from './sender.js';
import { trafficBatches } from './traffic.js';

const [traffic] = trafficBatches(42);

let cli: Cli;
let sender: Sender;
beforeEach(() => {
  cli = new Cli();
  sender = new Sender();
});
afterEach(() => cli.close());

async function start(): Promise<Running> {
  const weir = await cli.start();
  sender.aim(weir.url, adminKey(cli));
  return weir;
}

/** Sends batches as fast as they are taken until told to stop. */
function feed(batches: Iterator<Batch>): { stop(): Promise<void> } {
  let stopped = false;
  const feeding = (async () => {
    for (let next = batches.next(); !stopped && !next.done; next = batches.next()) await sender.send(next.value);
  })();
  return {
    stop() {
      stopped = true;
      return feeding;
    },
  };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

/** How many records each group is behind. */
async function lag(): Promise<Record<string, number>> {
  const { items } = await cli.json<{ items: { group: string; records: number }[] }>('lag');
  return Object.fromEntries(items.map(({ group, records }) => [group, records]));
}

test('SIGTERM under load: what was acknowledged stays, it ends in time, and starts again', async () => {
  const batches = traffic.values();
  for (let round = 0; round < 3; round++) {
    const weir = await start();
    const feeds = Array.from({ length: 4 }, () => feed(batches));
    const before = sender.acknowledged.size;
    await until(() => sender.acknowledged.size > before + 2_000);
    expect(await weir.end()).toEqual({ code: 0, stderr: '' });
    expect(cli.postgresServers()).toEqual([]);
    const stopping = feeds.map(({ stop }) => stop());
    await start().then((again) => Promise.all(stopping).then(() => again.end()));
  }
  expect(wrongCopies(sender.acknowledged, await copiesInLog(cli.dataDir))).toEqual([]);
});

test('a second Weir in the same folder is told which process has it, and harms nothing', async () => {
  const weir = await start();
  const servers = cli.postgresServers();
  const { code, stdout, stderr } = await cli.run(['start']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^weir: .*\n$/);
  expect(stderr).toContain(`pid ${weir.pid}.`);
  await sender.send(traffic[0]);
  expect(cli.postgresServers()).toEqual(servers);
  expect(await weir.end()).toEqual({ code: 0, stderr: '' });
});

test('while PostgreSQL is away, ingest and detection go on; when it is back, the alerts are', async () => {
  const weir = await start();
  const batches = traffic.values();
  const feeding = feed(batches);
  await until(() => sender.acknowledged.size > 5_000);
  // Without this file a server does not start.
  const needed = join(cli.dataDir, 'postgres', 'PG_VERSION');
  renameSync(needed, `${needed}.away`);
  expect(cli.killPostgres()).toBe(true);
  const before = sender.acknowledged.size;
  await until(() => sender.acknowledged.size > before + 10_000);
  await until(async () => {
    const { 'detect.match': match, 'detect.window': window, 'project.alerts': project } = await lag();
    return match + window < 2_000 && project > 0;
  });
  renameSync(`${needed}.away`, needed);
  // Whoever knew the key was let in meanwhile, and not kept waiting.
  await feeding.stop();
  await cli.json('lag', '--wait');
  await expect.poll(() => cli.json('audit')).toMatchObject({ agrees: true, caughtUp: true });
  expect(cli.postgresServers()).toHaveLength(1);
  expect((await weir.end()).code).toBe(0);
  expect(wrongCopies(sender.acknowledged, await copiesInLog(cli.dataDir))).toEqual([]);
});

test('while PostgreSQL hangs, ingest and detection go on and readiness says why not; when it answers again, the alerts are there', async () => {
  const weir = await start();
  const feeding = feed(traffic.values());
  await until(() => sender.acknowledged.size > 5_000);
  const thaw = freeze(cli.dataDir);
  const before = sender.acknowledged.size;
  await until(() => sender.acknowledged.size > before + 10_000);
  const ready = await fetch(`${weir.url}/health/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ detail: expect.stringContaining('database: No answer') });
  const alerts = await fetch(`${weir.url}/api/v1/alerts`, { headers: { 'x-api-key': adminKey(cli) } });
  expect(alerts.status).toBe(503);
  thaw();
  await feeding.stop();
  await cli.json('lag', '--wait');
  await expect.poll(() => cli.json('audit')).toMatchObject({ agrees: true, caughtUp: true });
  const { code, stderr } = await weir.end();
  expect(code).toBe(0);
  expect(stderr.split('\n').length).toBeLessThan(40);
});

test('a PostgreSQL that was left running is taken over, one that was not is started', async () => {
  const killed = await start();
  const servers = cli.postgresServers();
  expect(servers).toHaveLength(1);
  await killed.end('SIGKILL');
  expect(cli.postgresServers()).toEqual(servers);

  const adopting = await start();
  expect(cli.postgresServers()).toEqual(servers);
  await adopting.end('SIGKILL');
  cli.killPostgres();

  const restarting = await start();
  await until(() => cli.postgresServers().length === 1);
  expect(cli.postgresServers()).not.toEqual(servers);
  expect((await cli.json<{ items: unknown[] }>('keys', 'list')).items).toHaveLength(1);
  expect(await restarting.end()).toEqual({ code: 0, stderr: '' });
  expect(cli.postgresServers()).toEqual([]);
});

test('a first start that is killed anywhere on its way is done over', async () => {
  for (const ms of [100, 400, 600, 800, 1_000, 1_200]) {
    const starting = cli.launch();
    await delay(ms);
    await starting.end('SIGKILL');
  }
  const weir = await start();
  expect((await cli.json<{ items: unknown[] }>('keys', 'list')).items).toHaveLength(1);
  await sender.send(traffic[0]);
  expect(cli.postgresServers()).toHaveLength(1);
  expect(await weir.end()).toEqual({ code: 0, stderr: '' });
});
