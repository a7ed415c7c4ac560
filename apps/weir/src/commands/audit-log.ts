import { Command, InvalidArgumentError, Option } from 'commander';
import type { Shell } from '../shell.js';
import { table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';
import { timeOf } from './keys.js';

interface Entry {
  id: string;
  at: string;
  actor: string;
  actorName: string | null;
  action: string;
  subject: string;
  facts: unknown;
}

interface Options {
  actor?: string;
  action?: string;
  subject?: string;
  since?: string;
  until?: string;
  limit: number;
  export?: 'csv' | 'ndjson';
}

const EXAMPLES = `
  weir audit-log
  weir audit-log --action key.created --since 2026-01-01T00:00:00Z
  weir audit-log --export csv > audit-log.csv`;

export const auditLogCommand = (shell: Shell) =>
  new Command('audit-log')
    .description('who changed what, and when: the newest first')
    .addHelpText('after', examples(EXAMPLES))
    .option('--actor <id>', 'who did it: a key’s id, person:<subject>, or weir')
    .option('--action <name>', 'what was done, as in key.created')
    .option('--subject <name>', 'to what, as in key:3f9c2a71b04d5e6f')
    .option('--since <time>', 'done then or later', timeOf)
    .option('--until <time>', 'done before', timeOf)
    .option('--limit <count>', 'how many, at most 200', limitOf, 50)
    .addOption(new Option('--export <format>', 'all there are, as lines').choices(['csv', 'ndjson']))
    .action(async ({ export: format, limit, ...filter }: Options) => {
      if (format) return copy(shell, { ...filter, format });
      const page = await shell
        .client()
        .get<{ items: Entry[]; next: string | null }>('/api/v1/audit-log', { ...filter, limit });
      show(shell.terminal, page, () => entryTable(page.items));
      if (page.next !== null) shell.terminal.note('There are older ones: --limit, --until or --export shows more.');
    });

/** As it comes: an export may be larger than memory. */
async function copy(shell: Shell, query: Record<string, string | undefined>): Promise<void> {
  for await (const text of shell.client().text('/api/v1/audit-log', query)) shell.terminal.raw(text);
}

function entryTable(entries: readonly Entry[]): string {
  const columns = [
    { title: 'when', value: (entry: Entry) => entry.at },
    { title: 'who', value: (entry: Entry) => entry.actorName ?? entry.actor },
    { title: 'did', value: (entry: Entry) => entry.action },
    { title: 'to', value: (entry: Entry) => entry.subject },
    { title: 'facts', value: (entry: Entry) => JSON.stringify(entry.facts) },
  ];
  return table(columns, entries);
}

function limitOf(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1 || Number(text) > 200)
    throw new InvalidArgumentError('It takes a number from 1 to 200.');
  return Number(text);
}
