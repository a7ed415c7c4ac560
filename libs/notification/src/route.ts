import { receivedPrefix } from '#libs/events';
import { type NoticedAlert, type Route, severities, type Target } from './target.js';

/** The rule of the alerts that tell of deliveries that were given up. */
export const deadRule = 'weir-delivery-dead';

/** Whether an alert goes to a target. */
export function takes({ id, settings }: Target, alert: NoticedAlert): boolean {
  const { enabled = true, kind, routes = [] } = settings;
  if (!enabled) return false;
  // What can't be delivered there is not told there.
  if (alert.rule.id === deadRule && alert.group.target === id) return false;
  // Who sent it sends it to Alertmanager, too; and two of them would tell each other the same for ever.
  if (kind === 'alertmanager' && alert.rule.id.startsWith(receivedPrefix)) return false;
  return routes.length === 0 || routes.some((route) => matches(route, alert));
}

function matches({ minSeverity, rules, owners, group = {} }: Route, alert: NoticedAlert): boolean {
  if (minSeverity && severities.indexOf(alert.severity) < severities.indexOf(minSeverity)) return false;
  const { rule } = alert;
  if (rules && !rules.some((glob) => fits(glob, rule.id) || fits(glob, rule.name))) return false;
  if (owners && !owners.some((glob) => fits(glob, rule.owner ?? ''))) return false;
  return Object.entries(group).every(
    ([field, glob]) => Object.hasOwn(alert.group, field) && fits(glob, valueText(alert.group[field])),
  );
}

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** `*` stands for any text; case matters. Each piece is looked for once, whatever the text. */
export function fits(glob: string, text: string): boolean {
  const [first, ...rest] = glob.split('*');
  if (rest.length === 0) return glob === text;
  const last = rest.pop()!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
