import { Command, Option } from 'commander';
import { alertIdOf } from '../alert-ids.js';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { count, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';

export interface Alert {
  id: string;
  rule: { name: string; title: string };
  severity: string;
  state: string;
  group: Record<string, unknown>;
  openedAt: string;
  events: number;
  triage: { status: string; owner: string | null; verdict: string | null; reason: string | null; notes: number };
}

interface Change {
  at: string;
  actor: string;
  alert: string;
  actions: string[];
  owner: string | null;
  verdict: string | null;
  reason: string | null;
  note: string | null;
}

interface Bulk {
  dryRun: boolean;
  matched: number;
  changed: number;
  unknown: string[];
}

interface Step {
  status?: string;
  owner?: string | null;
  verdict?: string | null;
  reason?: string;
  note?: string;
}

interface ForMany {
  incident?: string;
  dryRun?: boolean;
  note?: string;
}

const LIST = `
  weir alerts list --status new --severity high
  weir alerts list --q 192.0.2.7 --limit 200`;
const SHOW = `
  weir alerts show r0It3onLygwsnZ29`;
const STEPS = `
  weir alerts ack r0It3onLygwsnZ29 --note 'looking at it'
  weir alerts close --incident r0It3onLygwsnZ29 --reason 'scanner of ours'`;

const pathOf = (id: string, more = ''): string => `/api/v1/alerts/${encodeURIComponent(id)}${more}`;

export function alertsCommand(shell: Shell): Command {
  const alerts = new Command('alerts')
    .description('list and show alerts; acknowledge, assign, note, close, reopen and mark them')
    .addHelpText('after', examples(LIST, SHOW, STEPS));
  alerts.addCommand(listCommand(shell));
  alerts
    .command('show')
    .description('print an alert and what was done about it')
    .addHelpText('after', examples(SHOW))
    .argument('<id>', 'its id', alertIdOf)
    .action((id: string) => showAlert(shell, id));
  for (const command of stepCommands(shell)) alerts.addCommand(command);
  return alerts;
}

function listCommand(shell: Shell): Command {
  const command = new Command('list')
    .description('list alerts, the newest first')
    .addHelpText('after', examples(LIST))
    .addOption(new Option('--state <state>').choices(['open', 'closed', 'merged']))
    .option('--incident <id>', 'alerts of an incident', alertIdOf);
  return withAlertFilters(command).action((filters: Record<string, string>) => list(shell, filters));
}

/** What alerts and incidents are both listed by. */
export function withAlertFilters(command: Command): Command {
  return command
    .addOption(new Option('--severity <severity>').choices(['informational', 'low', 'medium', 'high', 'critical']))
    .addOption(new Option('--status <status>').choices(['new', 'acknowledged', 'closed']))
    .addOption(new Option('--verdict <verdict>').choices(['true-positive', 'false-positive']))
    .option('--owner <owner>', 'who takes care of it')
    .option('--rule <rule>', 'a rule’s id or name')
    .option('--group <group>', 'a field and value (ip:192.0.2.7), or a value')
    .option('--since <time>', 'opened then or later')
    .option('--until <time>', 'opened before')
    .option('--q <text>', 'part of a group’s value, or of a rule’s name or title')
    .option('--limit <n>', 'at most 200', '50');
}

function stepCommands(shell: Shell): Command[] {
  const many = (command: Command) =>
    command
      .argument('[ids...]', 'ids of alerts', (id: string, before: string[] = []) => [...before, alertIdOf(id)])
      .option('--incident <id>', 'all alerts of an incident', alertIdOf)
      .option('--dry-run', 'only say how many alerts that is');
  const noted = (command: Command) => many(command).option('--note <text>', 'is added to the history');
  const verb = (name: string, description: string) =>
    new Command(name).description(description).addHelpText('after', examples(STEPS));
  return [
    noted(verb('ack', 'acknowledge alerts: somebody looks at them')).action((ids: string[], given: ForMany) =>
      take(shell, ids, given, { status: 'acknowledged' }),
    ),
    noted(verb('assign', 'say who takes care of alerts'))
      .addOption(new Option('--to <owner>', 'who').conflicts('nobody'))
      .option('--nobody', 'nobody any more')
      .action(
        (ids: string[], { to, nobody, ...given }: ForMany & { to?: string; nobody?: boolean }, command: Command) => {
          if (to === undefined && !nobody) command.error('error: say --to OWNER, or --nobody');
          return take(shell, ids, given, { owner: to ?? null });
        },
      ),
    many(verb('note', 'write something down about alerts'))
      .requiredOption('--text <text>', 'what')
      .action((ids: string[], { text, ...given }: ForMany & { text: string }) =>
        take(shell, ids, given, { note: text }),
      ),
    noted(verb('close', 'close alerts: nothing is left to do'))
      .requiredOption('--reason <text>', 'why')
      .action((ids: string[], { reason, ...given }: ForMany & { reason: string }) =>
        take(shell, ids, given, { status: 'closed', reason }),
      ),
    noted(verb('reopen', 'open closed alerts again')).action((ids: string[], given: ForMany) =>
      take(shell, ids, given, { status: 'new' }),
    ),
    noted(verb('mark', 'say whether alerts were right'))
      .addOption(
        new Option('--as <verdict>', 'what they were')
          .choices(['true-positive', 'false-positive', 'undecided'])
          .makeOptionMandatory(),
      )
      .action((ids: string[], { as, ...given }: ForMany & { as: string }) =>
        take(shell, ids, given, { verdict: as === 'undecided' ? null : as }),
      ),
  ];
}

async function list(shell: Shell, filters: Record<string, string>): Promise<void> {
  const page = await shell.client().get<{ items: Alert[]; next: string | null }>('/api/v1/alerts', filters);
  show(shell.terminal, page, () => alertTable(page.items));
}

export function alertTable(alerts: readonly Alert[]): string {
  const columns = [
    { title: 'id', value: (alert: Alert) => alert.id },
    { title: 'opened', value: (alert: Alert) => alert.openedAt },
    { title: 'severity', value: (alert: Alert) => alert.severity },
    { title: 'state', value: (alert: Alert) => alert.state },
    { title: 'status', value: (alert: Alert) => alert.triage.status },
    { title: 'owner', value: (alert: Alert) => alert.triage.owner },
    { title: 'events', value: (alert: Alert) => alert.events },
    { title: 'rule', value: (alert: Alert) => alert.rule.name },
    { title: 'group', value: groupText },
  ];
  return table(columns, alerts);
}

async function showAlert(shell: Shell, id: string): Promise<void> {
  const client = shell.client();
  const alert = await client.get<Alert>(pathOf(id));
  const { items: history } = await client.get<{ items: Change[] }>(pathOf(id, '/history'));
  const columns = [
    { title: 'at', value: (change: Change) => change.at },
    { title: 'by', value: (change: Change) => change.actor },
    { title: 'what', value: (change: Change) => change.actions.join(', ') },
    { title: 'owner', value: (change: Change) => change.owner },
    { title: 'verdict', value: (change: Change) => change.verdict },
    { title: 'reason', value: (change: Change) => change.reason },
    { title: 'note', value: (change: Change) => change.note },
  ];
  show(shell.terminal, { ...alert, history }, () => [standing(alert), table(columns, history)].join('\n'));
}

/** One alert by its ETag, so that nobody's decision is lost; several as they are. */
async function take(shell: Shell, ids: string[] = [], { incident, dryRun, note }: ForMany, given: Step): Promise<void> {
  if ((ids.length === 0) === (incident === undefined)) {
    throw new CommandError('USAGE', 'Name alerts by their ids, or an incident with --incident.');
  }
  const step = { ...given, ...(note !== undefined && { note }) };
  const client = shell.client();
  if (ids.length === 1 && !dryRun) {
    const [id] = ids;
    const alert = await client.patch<Alert>(pathOf(id), step, (await client.etag(pathOf(id))) ?? '*');
    show(shell.terminal, alert, () => standing(alert));
    return;
  }
  const selection = incident === undefined ? { ids } : { filter: { incident } };
  const bulk = await client.post<Bulk>('/api/v1/alerts/bulk', { ...selection, ...step, dryRun });
  show(shell.terminal, bulk, () => {
    const changed = dryRun ? 'would change' : 'changed';
    const lines = [`${count(bulk.changed)} of ${count(bulk.matched)} alerts ${changed}.`];
    return [...lines, ...bulk.unknown.map((id) => `There is no alert ${id}.`)].join('\n');
  });
}

export const groupText = ({ group }: Pick<Alert, 'group'>): string =>
  Object.entries(group)
    .map(([field, value]) => `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');

function standing(alert: Alert): string {
  const { status, owner, verdict, reason } = alert.triage;
  const facts = [status, reason && `(${reason})`, owner && `owner ${owner}`, verdict].filter(Boolean).join(', ');
  return `${alert.id}: ${alert.rule.name} of ${groupText(alert)}, ${alert.severity}, ${alert.state}: ${facts}.`;
}
