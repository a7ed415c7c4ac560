import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { count, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';
import { importRules } from './rule-import.js';

interface Detail {
  id: string;
  name: string;
  version: number;
  state: string;
  source: string;
  text: string;
  windows: { kind: string; reason: string } | null;
}

interface Version {
  change: number;
  action: string;
  version: number;
  state: string | null;
  source: string;
  actor: string;
  at: string;
}

interface Promoted {
  rule: Detail;
  dryRun: boolean;
  alerts: number;
  open: number;
  since: string | null;
  groups: { group: Record<string, unknown>; alerts: number }[];
}

const pathOf = (rule: string, more = ''): string => `/api/v1/rules/${encodeURIComponent(rule)}${more}`;

/** What changes rules while Weir runs, and what shows the change. */
export function ruleChangeCommands(shell: Shell): Command[] {
  return [
    command('show', 'print a rule with its text', 'weir rules show api-flood', (rule) => showRule(shell, rule)),
    command('history', 'what was done to a rule, by whom and when', 'weir rules history api-flood', (rule) =>
      history(shell, rule),
    ),
    new Command('add')
      .description('add the rules of a file; each YAML document is one')
      .addHelpText('after', examples('\n  weir rules add rule.yml'))
      .argument('<file>')
      .action((file: string) => add(shell, file)),
    new Command('put')
      .description('change a rule to what a file says, or add it: its next version')
      .addHelpText('after', examples('\n  weir rules put my-rule rule.yml'))
      .argument('<rule>', 'its id or name')
      .argument('<file>')
      .action((rule: string, file: string) => put(shell, rule, file)),
    command('remove', 'take a rule of the database away; its history stays', 'weir rules remove my-rule', (rule) =>
      remove(shell, rule),
    ),
    command('enable', 'let a rule alert', 'weir rules enable api-flood', (rule) => move(shell, rule, 'enable')),
    command('disable', 'stop a rule; its open alerts close', 'weir rules disable api-flood', (rule) =>
      move(shell, rule, 'disable'),
    ),
    command('shadow', 'let a rule run with its alerts kept apart', 'weir rules shadow api-flood', (rule) =>
      move(shell, rule, 'shadow'),
    ),
    new Command('promote')
      .description('let a rule in shadow alert, and say what would have alerted')
      .addHelpText('after', examples('\n  weir rules promote api-flood --dry-run'))
      .argument('<rule>', 'its id or name')
      .option('--dry-run', 'only say it')
      .action((rule: string, { dryRun }: { dryRun?: boolean }) => promote(shell, rule, dryRun ?? false)),
    new Command('import')
      .description('take the rules of a folder of Sigma files, as far as they run, and say why others do not')
      .addHelpText('after', examples('\n  weir rules import sigma/rules --shadow'))
      .argument('<path>', 'a folder, or a file')
      .option('--shadow', 'put rules that are new in shadow')
      .action((path: string, { shadow }: { shadow?: boolean }) => importRules(shell, path, shadow ?? false)),
  ];
}

function command(name: string, description: string, example: string, action: (rule: string) => Promise<void>): Command {
  return new Command(name)
    .description(description)
    .addHelpText('after', examples(`\n  ${example}`))
    .argument('<rule>', 'its id or name')
    .action(action);
}

async function showRule(shell: Shell, rule: string): Promise<void> {
  const detail = await shell.client().get<Detail>(pathOf(rule));
  show(shell.terminal, detail, () => [`# ${standing(detail)}`, detail.text.trimEnd()].join('\n'));
}

async function history(shell: Shell, rule: string): Promise<void> {
  const page = await shell.client().get<{ items: Version[] }>(pathOf(rule, '/versions'));
  const columns = [
    { title: 'at', value: (version: Version) => version.at },
    { title: 'by', value: (version: Version) => version.actor },
    { title: 'what', value: (version: Version) => version.action },
    { title: 'version', value: (version: Version) => version.version },
    { title: 'state', value: (version: Version) => version.state },
    { title: 'source', value: (version: Version) => version.source },
  ];
  show(shell.terminal, page, () => table(columns, page.items));
}

async function add(shell: Shell, file: string): Promise<void> {
  const text = textOf(file);
  const added = await shell.client().post<{ items: Detail[] }>('/api/v1/rules', { text, file });
  show(shell.terminal, added, () => added.items.map(standing).join('\n'));
}

async function put(shell: Shell, rule: string, file: string): Promise<void> {
  const client = shell.client();
  const detail = await client.put<Detail>(pathOf(rule), { text: textOf(file) }, await client.etag(pathOf(rule)));
  show(shell.terminal, detail, () => standing(detail));
}

async function remove(shell: Shell, rule: string): Promise<void> {
  await shell.client().delete(pathOf(rule));
  show(shell.terminal, { rule, removed: true }, () => `The rule ${rule} is gone.`);
}

async function move(shell: Shell, rule: string, where: string): Promise<void> {
  const detail = await shell.client().post<Detail>(pathOf(rule, `/${where}`), {});
  show(shell.terminal, detail, () => standing(detail));
}

async function promote(shell: Shell, rule: string, dryRun: boolean): Promise<void> {
  const path = pathOf(rule, `/promote${dryRun ? '?dryRun=true' : ''}`);
  const promoted = await shell.client().post<Promoted>(path, {});
  show(shell.terminal, promoted, () => {
    const { alerts, open, since, groups } = promoted;
    const lines = [`It would have raised ${count(alerts)} alerts${since ? ` since ${since}` : ''}; ${open} are open.`];
    for (const { group, alerts: of } of groups) lines.push(`  ${count(of)} of ${JSON.stringify(group)}`);
    return [...lines, standing(promoted.rule)].join('\n');
  });
}

function standing({ name, version, state, source, windows }: Detail): string {
  return `${name}: version ${version}, ${state}, of ${source === 'file' ? 'a file' : 'the database'}.${windows ? ` ${windows.reason}.` : ''}`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CommandError('FILE_UNREADABLE', `${file} can't be read (${code}).`, { file, code }, { cause });
  }
}
