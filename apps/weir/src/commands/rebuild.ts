import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { WeirClient } from '../client/client.js';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { count, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

interface Rebuilt {
  name: string;
  tables: { table: string; rows: number }[];
  topics: { topic: string; records: number; removed: number; since: string | null }[];
}

interface Answer {
  dryRun: boolean;
  projections: Rebuilt[];
}

interface Projection {
  name: string;
  records: number;
  of: number;
}

interface Flags {
  fromEarliest?: boolean;
  dryRun?: boolean;
  wait: boolean;
}

const LOOK_MS = 200;

const EXAMPLES = `
What people decided (triage, lifts, silences, rules, contests) is not computed: it stays, and applies to what is computed again. Nobody is
notified twice. Meanwhile Weir goes on, and lists show what is there already.

Examples:
  weir rebuild --dry-run
  weir rebuild
  weir rebuild contests`;

export const rebuildCommand = (shell: Shell) =>
  new Command('rebuild')
    .description('drop what was computed from the log, and compute it again')
    .argument('[projections...]', 'alerts, decisions, contests, feeds; default: all')
    .option('--from-earliest', 'also where retention has removed records, and not everything comes back')
    .option('--dry-run', 'only say what would be dropped, and what it would be computed from')
    .option('--no-wait', 'return when it has begun')
    .addHelpText('after', EXAMPLES)
    .action(async (names: string[], { fromEarliest, dryRun, wait }: Flags) => {
      const client = shell.client();
      const asked = { ...(names.length > 0 && { projections: names }), ...(fromEarliest && { fromEarliest }) };
      const answer = await client.post<Answer>(`/api/v1/projections/rebuild${dryRun ? '?dryRun=true' : ''}`, asked);
      if (wait && !dryRun) await untilComputed(client, shell, answer);
      show(shell.terminal, answer, () => asText(answer, wait));
    });

async function untilComputed(client: WeirClient, shell: Shell, { projections }: Answer): Promise<void> {
  const signal = shell.stopSignal();
  const names = new Set(projections.map(({ name }) => name));
  try {
    for (;;) {
      const { items } = await client.get<{ items: Projection[] }>('/api/v1/projections');
      const ours = items.filter(({ name, records }) => names.has(name) && records > 0);
      if (ours.length === 0) return;
      if (signal.aborted) throw new CommandError('STOPPED', 'Stopped looking. The rebuild goes on: see `weir lag`.');
      shell.terminal.redraw(
        ours.map(({ name, records, of }) => `${name}: ${count(of - records)} of ${count(of)} records`).join(', '),
      );
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    shell.terminal.redraw(null);
  }
}

function asText({ dryRun, projections }: Answer, wait: boolean): string {
  const columns = [
    { title: 'projection', value: ({ name }: Rebuilt) => name },
    { title: 'rows dropped', value: ({ tables }: Rebuilt) => sum(tables.map(({ rows }) => rows)) },
    { title: 'records read', value: ({ topics }: Rebuilt) => sum(topics.map(({ records }) => records)) },
    { title: 'removed by retention', value: ({ topics }: Rebuilt) => sum(topics.map(({ removed }) => removed)) },
    {
      title: 'whole since',
      value: ({ topics }: Rebuilt) =>
        topics
          .map(({ since }) => since ?? '')
          .sort()
          .at(-1) || null,
    },
  ];
  const done = dryRun ? 'Nothing was changed.' : wait ? 'Computed again.' : 'Begun; `weir lag --wait` waits for it.';
  return `${table(columns, projections)}\n${done}`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
