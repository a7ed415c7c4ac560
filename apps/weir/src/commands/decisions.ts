import { Command } from 'commander';
import type { Shell } from '../shell.js';
import { table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';

interface Decision {
  id: number;
  type: string;
  scope: string;
  value: string;
  until: string;
  duration: string;
  state: string;
  rule: { name: string } | null;
  author: string | null;
  reason: string | null;
}

const LIST = `
  weir decisions list
  weir decisions list --ip 192.0.2.7 --at 2026-01-15T10:00:00Z
  weir decisions list --history --rule ssh-bruteforce`;
const ADD = `
  weir decisions add 192.0.2.7 --for 4h --reason 'guesses passwords'
  weir decisions add 198.51.100.0/24 --for 1d --type captcha --reason 'botnet'`;
const REMOVE = `
  weir decisions remove 192.0.2.7`;

export function decisionsCommand(shell: Shell): Command {
  const command = new Command('decisions')
    .description('who is blocked; block and lift by hand')
    .addHelpText('after', examples(LIST, ADD, REMOVE));
  command
    .command('list')
    .description('who is blocked, why and until when')
    .addHelpText('after', examples(LIST))
    .option('--at <time>', 'who was blocked then')
    .option('--history', 'also what expired, was lifted or refused')
    .option('--ip <address>', 'decisions that block it')
    .option('--scope <scope>')
    .option('--type <type>')
    .option('--rule <rule>', 'its id or name')
    .option('--limit <count>', 'how many at most')
    .action(async (query: Record<string, string | boolean | undefined>) => {
      const page = await shell.client().get<{ items: Decision[] }>('/api/v1/decisions', query);
      show(shell.terminal, page, () => decisionTable(page.items));
    });
  command
    .command('add')
    .description('block somebody')
    .addHelpText('after', examples(ADD))
    .argument('<value>', 'an address, a network, or what --scope says')
    .requiredOption('--for <duration>', 'how long, such as 4h')
    .requiredOption('--reason <why>')
    .option('--type <type>', 'ban, captcha or throttle', 'ban')
    .option('--scope <scope>', 'what the value is (default: Ip or Range)')
    .action(async (value: string, given: { for: string; reason: string; type: string; scope?: string }) => {
      const body = { value, type: given.type, scope: given.scope, duration: given.for, reason: given.reason };
      const added = await shell.client().post<Decision>('/api/v1/decisions', body);
      show(shell.terminal, added, () => decisionTable([added]));
    });
  command
    .command('remove')
    .description('lift all that blocks somebody')
    .addHelpText('after', examples(REMOVE))
    .argument('<value>', 'an address, a network, or what --scope says')
    .option('--scope <scope>', 'what the value is (default: Ip or Range)')
    .action(async (value: string, { scope }: { scope?: string }) => {
      const query = new URLSearchParams({ value, ...(scope && { scope }) });
      await shell.client().delete(`/api/v1/decisions?${query}`);
      show(shell.terminal, { value, lifted: true }, () => `Nothing blocks ${value} any more.`);
    });
  return command;
}

function decisionTable(decisions: readonly Decision[]): string {
  const columns = [
    { title: 'id', value: ({ id }: Decision) => String(id) },
    { title: 'type', value: ({ type }: Decision) => type },
    { title: 'scope', value: ({ scope }: Decision) => scope },
    { title: 'value', value: ({ value }: Decision) => value },
    { title: 'state', value: ({ state }: Decision) => state },
    { title: 'until', value: ({ until }: Decision) => until },
    { title: 'left', value: ({ duration }: Decision) => duration },
    { title: 'why', value: ({ rule, reason }: Decision) => rule?.name ?? reason },
    { title: 'by', value: ({ author }: Decision) => author },
  ];
  return table(columns, decisions);
}
