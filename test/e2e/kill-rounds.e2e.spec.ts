import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Random } from '../../apps/weir/src/simulate/random.js';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { type AlertOutcome, copiesInLog, settledAlerts } from './outcome.js';
import { type Batch, Sender } from './sender.js';
import { trafficBatches } from './traffic.js';

/** Twenty kills; the clean stops in between leave snapshots, which the kills after them start from. */
const rounds = [
  ...Array<Round>(8).fill('weir'),
  ...Array<Round>(5).fill('postgres'),
  ...Array<Round>(4).fill('both'),
  ...Array<Round>(3).fill('while starting'),
  ...Array<Round>(3).fill('clean stop'),
];
type Round = 'weir' | 'postgres' | 'both' | 'while starting' | 'clean stop';

/** The choices of a run can be made again, its moments only about so. */
const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));
const random = new Random(seed);
const batches = trafficBatches(42);

let cli: Cli;
let sender: Sender;
beforeEach(() => {
  cli = new Cli();
  sender = new Sender();
});
afterEach(() => cli.close());

test(`alerts of a Weir that was killed twenty times are those of one that was not (TEST_SEED=${seed})`, async () => {
  const undisturbed = await outcomeOfUndisturbed();
  expect(undisturbed.length).toBeGreaterThan(40);

  let weir = await start();
  const key = adminKey(cli);
  const feeding = feed(batches);
  for (const round of shuffled(rounds)) {
    const from = sender.acknowledged.size;
    const share = Math.ceil((feeding.events - from) / rounds.length);
    await until(() => sender.acknowledged.size >= from + random.int(share) || feeding.done);
    await delay(random.int(300));
    weir = await disturb(weir, round);
  }
  await feeding.all;
  const alerts = await settledAlerts(cli, weir.url, key);
  expect(await cli.json('audit')).toMatchObject({ agrees: true, caughtUp: true });
  expect(cli.postgresServers()).toHaveLength(1);
  expect(await weir.end()).toMatchObject({ code: 0 });

  expect(await wrongCopies()).toEqual([]);
  expect(alerts).toEqual(undisturbed);
}, 240_000);

async function outcomeOfUndisturbed(): Promise<AlertOutcome[]> {
  const other = new Cli();
  try {
    const weir = await other.start();
    const calm = new Sender();
    calm.aim(weir.url, adminKey(other));
    for (const batch of batches) await calm.send(batch);
    const alerts = await settledAlerts(other, weir.url, adminKey(other));
    expect(await other.json('audit')).toMatchObject({ agrees: true, caughtUp: true });
    expect(calm.retries).toBe(0);
    return alerts;
  } finally {
    await other.close();
  }
}

/** Does to a Weir what the round says; gives the one that runs afterwards. */
async function disturb(weir: Running, round: Round): Promise<Running> {
  if (round === 'postgres') {
    cli.killPostgres();
    return weir;
  }
  if (round === 'both' && random.next() < 0.5) cli.killPostgres();
  sender.aim(null);
  const ended = await weir.end(round === 'clean stop' ? 'SIGTERM' : 'SIGKILL');
  if (round === 'clean stop') expect(ended).toMatchObject({ code: 0 });
  if (round === 'both') cli.killPostgres();
  if (round === 'while starting') {
    const starting = cli.launch();
    await delay(random.int(1_200));
    await starting.end('SIGKILL');
  }
  return start();
}

async function start(): Promise<Running> {
  const weir = await cli.start();
  sender.aim(weir.url, adminKey(cli));
  return weir;
}

const adminKey = ({ dataDir }: Cli) => readFileSync(join(dataDir, 'admin.key'), 'utf8').trim();

/** Sends all batches, now faster, now slower. */
function feed(all: readonly Batch[]) {
  const events = all.reduce((sum, { identities }) => sum + identities.length, 0);
  const feeding = { events, done: false, all: Promise.resolve() };
  feeding.all = (async () => {
    for (const batch of all) {
      await sender.send(batch);
      await delay(random.int(25));
    }
    feeding.done = true;
  })();
  return feeding;
}

/** Events that were acknowledged and are missing, or that are there more often than they were sent. */
async function wrongCopies(): Promise<string[]> {
  const copies = await copiesInLog(cli.dataDir);
  return [...sender.acknowledged].flatMap(([identity, sent]) => {
    const found = copies.get(identity) ?? 0;
    return found >= 1 && found <= sent ? [] : [`${identity}: sent ${sent} times, ${found} times in the log`];
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

function shuffled(list: readonly Round[]): Round[] {
  const left = [...list];
  return list.map(() => left.splice(random.int(left.length), 1)[0]);
}
