import { Command, Option } from 'commander';
import { alertIdOf } from '../alert-ids.js';
import type { Shell } from '../shell.js';
import { count, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { type Alert, alertTable, groupText, withAlertFilters } from './alerts.js';
import { examples } from './examples.js';

interface Incident {
  id: string;
  state: string;
  severity: string;
  openedAt: string;
  lastSeen: string;
  alerts: number;
  open: number;
  group: Record<string, unknown>;
  rules: string[];
  triage: { new: number; acknowledged: number; closed: number };
}

interface Page<T> {
  items: T[];
  next: string | null;
}

const LIST = `
  weir incidents list --state open --severity high
  weir incidents list --q 192.0.2.7 --json`;
const SHOW = `
  weir incidents show r0It3onLygwsnZ29`;

const columns = [
  { title: 'id', value: (incident: Incident) => incident.id },
  { title: 'opened', value: (incident: Incident) => incident.openedAt },
  { title: 'severity', value: (incident: Incident) => incident.severity },
  { title: 'state', value: (incident: Incident) => incident.state },
  { title: 'alerts', value: (incident: Incident) => incident.alerts },
  { title: 'new', value: (incident: Incident) => incident.triage.new },
  { title: 'rules', value: (incident: Incident) => incident.rules.join(' ') },
  { title: 'group', value: groupText },
];

export function incidentsCommand(shell: Shell): Command {
  const incidents = new Command('incidents')
    .description('list and show incidents: alerts of one cause')
    .addHelpText('after', examples(LIST, SHOW));
  const list = new Command('list')
    .description('list incidents, the newest first: those of which an alert matches')
    .addHelpText('after', examples(LIST))
    .addOption(new Option('--state <state>').choices(['open', 'closed']));
  withAlertFilters(list).action(async (filters: Record<string, string>) => {
    const page = await shell.client().get<Page<Incident>>('/api/v1/incidents', filters);
    show(shell.terminal, page, () => table(columns, page.items));
  });
  incidents.addCommand(list);
  incidents
    .command('show')
    .description('print an incident and its alerts, the newest first')
    .addHelpText('after', examples(SHOW))
    .argument('<id>', 'its id, or that of any alert in it', alertIdOf)
    .option('--limit <n>', 'alerts, at most 200', '50')
    .action(async (id: string, query: Record<string, string>) => {
      const found = await shell
        .client()
        .get<Incident & Page<Alert>>(`/api/v1/incidents/${encodeURIComponent(id)}`, query);
      show(shell.terminal, found, () => [table(columns, [found]), alertTable(found.items), rest(found)].join('\n'));
    });
  return incidents;
}

function rest({ alerts, items, id }: Incident & Page<Alert>): string {
  const more = alerts - items.length;
  return more > 0 ? `${count(more)} more: weir alerts list --incident ${id}` : '';
}
