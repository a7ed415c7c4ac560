import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '#libs/clock';
import { Sender } from '../ingest/sender.js';
import type { Shell } from '../shell.js';
import { attackerCounts } from '../simulate/attacker-counts.js';
import { attackerKinds } from '../simulate/attackers.js';
import { batches, liveBatches } from '../simulate/pace.js';
import { type PlantedAttacker, planTraffic, type Traffic } from '../simulate/traffic.js';
import { table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

interface SimulateFlags {
  rate: number;
  seconds: number;
  seed: number;
  attackers: ReadonlyMap<string, number>;
  start?: number;
  truth?: string;
  out?: string;
}

/** Files get the same bytes whenever they are made. */
const FILE_START = Date.UTC(2026, 0, 1);

const EXAMPLES = `
Kinds of attackers: ${attackerKinds.map((kind) => kind.name).join(', ')}.
Without --start the running Weir gets events as time passes; with it, or into a file, as fast as it takes them.
The same seed, rate, seconds, attackers and start give the same bytes.

Examples:
  weir simulate --rate 200 --seconds 120 --attackers brute-force=2,probing
  weir simulate --rate 1000 --seconds 3600 --attackers 50 --seed 7 --out traffic.ndjson --truth truth.json`;

export const simulateCommand = (shell: Shell) =>
  new Command('simulate')
    .description('make up traffic with known attackers, for the running Weir or for a file')
    .option('--rate <n>', 'ordinary events per second', numberOf, 100)
    .option('--seconds <n>', 'how long', numberOf, 60)
    .option('--seed <n>', 'another seed, other traffic', numberOf, 42)
    .addOption(
      new Option('--attackers <n>', 'how many, or of which kinds: brute-force=3,probing')
        .default(countsOf('10'), '10')
        .argParser(countsOf),
    )
    .option('--start <time>', 'event time of the first event (RFC 3339)', timeOf)
    .option('--truth <file>', 'write who the attackers are, as JSON')
    .option('--out <file>', 'write NDJSON there (- for stdout) instead of sending it')
    .addHelpText('after', EXAMPLES)
    .action((flags: SimulateFlags) => simulate(shell, flags));

async function simulate(shell: Shell, flags: SimulateFlags): Promise<void> {
  const start = flags.start ?? (flags.out === undefined ? systemClock.now() : FILE_START);
  const traffic = planTraffic({ ...flags, start });
  const truth = { seed: flags.seed, start: new Date(start).toISOString(), attackers: traffic.attackers };
  if (flags.truth) await writeFile(flags.truth, `${JSON.stringify(truth, null, 2)}\n`);
  if (flags.out !== undefined) {
    const target = flags.out === '-' ? process.stdout : createWriteStream(flags.out);
    await pipeline(Readable.from(batches(traffic.events())), target, { end: flags.out !== '-' });
    if (flags.out === '-') return;
  } else await send(shell, traffic, flags.start === undefined);
  show(shell.terminal, truth, () => attackerTable(traffic.attackers));
}

async function send(shell: Shell, traffic: Traffic, live: boolean): Promise<void> {
  const signal = shell.stopSignal();
  const sender = new Sender(shell.client(), signal, (why) => why && shell.terminal.note(`Waiting: ${why}`));
  const bodies = live ? liveBatches(traffic.events(), () => systemClock.now(), signal) : batches(traffic.events());
  for await (const body of bodies) {
    await sender.send('/api/v1/ingest/ndjson', { body, contentType: 'application/x-ndjson' });
  }
}

function attackerTable(attackers: readonly PlantedAttacker[]): string {
  const columns = [
    { title: 'attacker', value: ({ group }: PlantedAttacker) => Object.values(group).join(' ') },
    { title: 'kind', value: ({ kind }: PlantedAttacker) => kind },
    { title: 'events', value: ({ events }: PlantedAttacker) => events },
    { title: 'from', value: ({ firstSeen }: PlantedAttacker) => firstSeen },
    { title: 'to', value: ({ lastSeen }: PlantedAttacker) => lastSeen },
  ];
  return table(columns, attackers);
}

function numberOf(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('It takes a whole number.');
  return Number(text);
}

function countsOf(text: string): ReadonlyMap<string, number> {
  const counts = attackerCounts(text);
  if (typeof counts === 'string') throw new InvalidArgumentError(counts);
  return counts;
}

function timeOf(text: string): number {
  const time = Date.parse(text);
  if (!Number.isFinite(time)) throw new InvalidArgumentError('It takes a time such as 2026-01-15T10:00:00Z.');
  return time;
}
