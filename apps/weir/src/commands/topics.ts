import { Command } from 'commander';
import type { Shell } from '../shell.js';
import { bytes, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

interface Topic {
  topic: string;
  bytes: number;
  partitions: { partition: number; earliest: number; next: number }[];
}

const records = (topic: Topic) => topic.partitions.reduce((sum, { earliest, next }) => sum + next - earliest, 0);

export const topicsCommand = (shell: Shell) =>
  new Command('topics')
    .description('list the topics of the log: partitions, records, bytes')
    .addHelpText('after', '\nExamples:\n  weir topics\n  weir topics --json | jq .items[].topic')
    .action(async () => {
      const page = await shell.client().get<{ items: Topic[] }>('/api/v1/topics');
      show(shell.terminal, page, () =>
        table(
          [
            { title: 'topic', value: (topic) => topic.topic },
            { title: 'partitions', value: (topic) => topic.partitions.length },
            { title: 'records', value: records },
            { title: 'on disk', value: (topic) => bytes(topic.bytes) },
          ],
          page.items,
        ),
      );
    });
