import { Command } from 'commander';
import type { Shell } from '../shell.js';
import { duration, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

interface Group {
  group: string;
  members: number;
  records: number;
  seconds: number;
}

export const groupsCommand = (shell: Shell) =>
  new Command('groups')
    .description('list the consumer groups and how far they are behind')
    .addHelpText('after', '\nExamples:\n  weir groups\n  weir groups --json | jq .items[].group')
    .action(async () => {
      const page = await shell.client().get<{ items: Group[] }>('/api/v1/groups');
      show(shell.terminal, page, () =>
        table(
          [
            { title: 'group', value: (group) => group.group },
            { title: 'members', value: (group) => group.members },
            { title: 'records behind', value: (group) => group.records },
            { title: 'time behind', value: (group) => duration(group.seconds * 1_000) },
          ],
          page.items,
        ),
      );
    });
