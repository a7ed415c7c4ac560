import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { type AlertOutcome, adminKey, copiesInLog, settledAlerts } from './outcome.js';
import { Sender, wrongCopies } from './sender.js';
import { trafficBatches } from './traffic.js';

const traffic = trafficBatches(42).flat();
const events = traffic.reduce((sum, { identities }) => sum + identities.length, 0);
const settings = { WEIR_LATENESS: '10m', WEIR_DETECT_THREAD: 'on' };

let cli: Cli;
beforeEach(() => {
  cli = new Cli();
});
afterEach(() => cli.close());

/** Has any thread but the first one fail, so long after it began. */
function failing(afterMs: number): NodeJS.ProcessEnv {
  const fail = `setTimeout(() => { throw new TypeError('A defect') }, ${afterMs})`;
  const program = `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) ${fail};`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` };
}

async function feedAll(sender: Sender): Promise<void> {
  for (const batch of traffic) await sender.send(batch);
}

async function audited(of: Cli): Promise<void> {
  expect(await of.json('audit')).toMatchObject({ agrees: true, missing: [], extra: [], different: [] });
}

async function outcomeWithoutThread(): Promise<AlertOutcome[]> {
  const other = new Cli();
  try {
    const weir = await other.start({ ...settings, WEIR_DETECT_THREAD: 'off' });
    expect(threadsOf(weir)).not.toContain('detect');
    const sender = new Sender();
    sender.aim(weir.url, adminKey(other));
    await feedAll(sender);
    return await settledAlerts(other, weir.url, adminKey(other));
  } finally {
    await other.close();
  }
}

/** Names of the threads of a process. Linux only. */
function threadsOf({ pid }: Running): string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim(),
  );
}

test('one whose detection fails ends and says why; started again, it finds what one without a thread finds', async () => {
  const expected = await outcomeWithoutThread();
  expect(expected.length).toBeGreaterThan(40);
  const sender = new Sender();
  const feeding = feedAll(sender);
  for (const afterMs of [0, 1_500, 2_500, 4_000]) {
    const weir = cli.launch({ ...settings, ...failing(afterMs) });
    // One that fails at once is never ready.
    const ready = weir.ready().then(
      ({ url }) => sender.aim(url, adminKey(cli)),
      () => {},
    );
    const said = /ended with 1: .*\nweir: Detection ended unexpectedly \(A defect\)\. Nothing acknowledged is lost/s;
    await expect(weir.dies()).rejects.toThrow(said);
    await ready;
    sender.aim(null);
  }
  const weir = await cli.start(settings);
  expect(threadsOf(weir)).toContain('detect');
  sender.aim(weir.url, adminKey(cli));
  await feeding;
  expect(await settledAlerts(cli, weir.url, adminKey(cli))).toEqual(expected);
  await audited(cli);
  expect(await weir.end()).toMatchObject({ code: 0 });
  expect(wrongCopies(sender.acknowledged, await copiesInLog(cli.dataDir))).toEqual([]);
}, 480_000);

test('what the thread counts is in the metrics, and whether it is ready counts; SIGTERM keeps its state', async () => {
  const weir = await cli.start(settings);
  const sender = new Sender();
  sender.aim(weir.url, adminKey(cli));
  await feedAll(sender);
  await cli.json('lag', '--wait');
  const ready = await fetch(`${weir.url}/health/ready`);
  expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ready' }]);
  const page = await (await fetch(`${weir.url}/metrics`)).text();
  expect(page).toContain(`\nweir_match_events_total ${events}\n`);
  expect(page).toMatch(/^weir_window_groups\{rule="[^"]+"\} [1-9]/m);
  expect(page).toMatch(/^weir_alerts_total\{rule="[^"]+",transition="open"\} [1-9]/m);
  expect(page.match(/^process_start_time_seconds /gm)).toHaveLength(1);
  expect(await weir.end()).toEqual({ code: 0, stderr: '' });
  const partitions = Array.from({ length: 16 }, (_, partition) => `weir.matches-${partition}.snapshot`);
  expect(readdirSync(join(cli.dataDir, 'snapshots'))).toEqual(expect.arrayContaining(partitions));
}, 480_000);
