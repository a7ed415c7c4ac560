import { Command } from 'commander';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { count, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';

interface Silence {
  id: string;
  match: Record<string, unknown>;
  startsAt: string;
  endsAt: string | null;
  author: string;
  reason: string;
  state: string;
  held: number;
}

interface Preview {
  alerts: number;
  shown: { rule: { name: string }; group: Record<string, unknown>; openedAt: string }[];
  decisions?: number;
}

interface Matching {
  rule?: string[];
  severity?: string[];
  group?: string[];
  cidr?: string[];
  owner?: string[];
}

interface Adding extends Matching {
  for?: string;
  starts?: string;
  ends?: string;
  reason?: string;
  dryRun?: boolean;
}

const silenceExamples = `
  weir silences add --rule 'web-*' --group c-ip=192.0.2.7 --for 4h --reason 'load test'
  weir silences list --ended`;
const allowlistExamples = `
  weir allowlists add --cidr 192.0.2.0/24 --reason 'our office' --dry-run
  weir allowlists remove 0b0cbd0e-5a34-4a8e-9f0c-8e2b1e0f6a7d`;

export const silencesCommand = (shell: Shell) =>
  commandOf(shell, 'silences', 'let alerts bother nobody for a while; they are found as before', silenceExamples);

export const allowlistsCommand = (shell: Shell) =>
  commandOf(shell, 'allowlists', 'whom no decision blocks, and whose alerts bother nobody', allowlistExamples);

function commandOf(shell: Shell, name: 'silences' | 'allowlists', description: string, tries: string): Command {
  const path = `/api/v1/${name}`;
  const command = new Command(name).description(description).addHelpText('after', examples(tries));
  command
    .command('list')
    .description('those that hold or will, the newest first')
    .option('--ended', 'also those that are over')
    .action(async ({ ended }: { ended?: boolean }) => {
      const page = await shell.client().get<{ items: Silence[] }>(path, { ended, limit: 200 });
      show(shell.terminal, page, () => silenceTable(page.items));
    });
  command
    .command('add')
    .description('add one; all that is given must hold, of a repeated option any; texts may have * and ?')
    .option('--rule <rule...>', "a rule's id or name")
    .option('--severity <severity...>')
    .option('--group <field=value...>', "a group's field and value")
    .option('--cidr <network...>', 'that an address of the group is in')
    .option('--owner <owner...>', 'who looks after the rule')
    .option('--for <duration>', 'how long it holds, such as 4h')
    .option('--starts <time>', 'from when on (default: now)')
    .option('--ends <time>', 'until when')
    .option('--reason <why>')
    .option('--dry-run', 'only say what it would mean now')
    .action((options: Adding) => (options.dryRun ? preview(shell, path, options) : add(shell, path, options)));
  command
    .command('remove')
    .description('end one; it stays as history')
    .argument('<id>')
    .action(async (id: string) => {
      await shell.client().delete(`${path}/${encodeURIComponent(id)}`);
      show(shell.terminal, { id, ended: true }, () => `${id} has ended.`);
    });
  return command;
}

async function add(shell: Shell, path: string, options: Adding): Promise<void> {
  if (!options.reason) throw new CommandError('USAGE', 'Say why: --reason.');
  const { for: duration, starts: startsAt, ends: endsAt, reason } = options;
  const body = { match: matchOf(options), duration, startsAt, endsAt, reason };
  const added = await shell.client().post<Silence>(path, body);
  show(shell.terminal, added, () => silenceTable([added]));
}

async function preview(shell: Shell, path: string, options: Matching): Promise<void> {
  const found = await shell.client().post<Preview>(`${path}/preview`, { match: matchOf(options) });
  show(shell.terminal, found, () => {
    const columns = [
      { title: 'rule', value: (alert: Preview['shown'][number]) => alert.rule.name },
      { title: 'group', value: (alert: Preview['shown'][number]) => Object.values(alert.group).join(' ') },
      { title: 'opened', value: (alert: Preview['shown'][number]) => alert.openedAt },
    ];
    const lifted = found.decisions === undefined ? '' : `, and lift ${count(found.decisions)} decisions`;
    return `${table(columns, found.shown)}\nIt would hold back ${count(found.alerts)} open alerts${lifted}.`;
  });
}

function matchOf({ rule, severity, group, cidr, owner }: Matching): Record<string, unknown> {
  const fields = new Map<string, string[]>();
  for (const text of group ?? []) {
    const [, field, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (field === undefined)
      throw new CommandError('USAGE', `--group takes field=value, as in ip=192.0.2.7, not ${text}.`);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return { rule, severity, cidr, owner, ...(fields.size > 0 && { group: Object.fromEntries(fields) }) };
}

function silenceTable(silences: readonly Silence[]): string {
  const columns = [
    { title: 'id', value: ({ id }: Silence) => id },
    { title: 'state', value: ({ state }: Silence) => state },
    { title: 'ends', value: ({ endsAt }: Silence) => endsAt },
    { title: 'held', value: ({ held }: Silence) => held },
    { title: 'match', value: ({ match }: Silence) => JSON.stringify(match) },
    { title: 'by', value: ({ author }: Silence) => author },
    { title: 'reason', value: ({ reason }: Silence) => reason },
  ];
  return table(columns, silences);
}
