import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { WeirClient } from '../client/client.js';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { count, duration, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

interface PartitionLag {
  topic: string;
  partition: number;
  offset: number | null;
  next: number;
  records: number;
  seconds: number;
}

export interface Lag {
  caughtUp: boolean;
  items: { group: string; records: number; seconds: number; partitions: PartitionLag[] }[];
}

const LOOK_MS = 100;

const EXAMPLES = `
Examples:
  weir lag
  weir ingest auth.log --as sshd && weir lag --wait && curl -H "X-Api-Key: $KEY" http://127.0.0.1:8080/api/v1/alerts`;

export const lagCommand = (shell: Shell) =>
  new Command('lag')
    .description('show what consumers have not processed yet, partition by partition')
    .option('--wait', 'return when every consumer has caught up')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: { wait?: boolean }) => {
      const client = shell.client();
      const lag = flags.wait ? await waitUntilCaughtUp(client, shell) : await client.get<Lag>('/api/v1/lag');
      show(shell.terminal, lag, () => asText(lag));
    });

async function waitUntilCaughtUp(client: WeirClient, shell: Shell): Promise<Lag> {
  const signal = shell.stopSignal();
  try {
    for (;;) {
      const lag = await client.get<Lag>('/api/v1/lag');
      if (lag.caughtUp) return lag;
      if (signal.aborted) throw new CommandError('STOPPED', 'Stopped before every consumer had caught up.');
      shell.terminal.redraw(`waiting for ${count(lag.items.reduce((sum, { records }) => sum + records, 0))} records`);
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    shell.terminal.redraw(null);
  }
}

function asText(lag: Lag): string {
  if (lag.caughtUp) return 'Every consumer has caught up.';
  const behind = lag.items.flatMap(({ group, partitions }) =>
    partitions.filter(({ records }) => records > 0).map((partition) => ({ group, ...partition })),
  );
  return table(
    [
      { title: 'group', value: (row) => row.group },
      { title: 'topic', value: (row) => row.topic },
      { title: 'partition', value: (row) => row.partition },
      { title: 'at', value: (row) => row.offset },
      { title: 'of', value: (row) => row.next },
      { title: 'records behind', value: (row) => row.records },
      { title: 'time behind', value: (row) => duration(row.seconds * 1_000) },
    ],
    behind,
  );
}
