import type { Message, NoticedAlert, Transition } from './target.js';

const verbs: Record<Transition, string> = {
  opened: 'Opened',
  updated: 'Goes on',
  closed: 'Closed',
  merged: 'Merged',
  firing: 'Fires',
};

/** Lines that one message spells out; it says how many more there are. */
const linesMax = 50;

export const groupText = ({ group }: NoticedAlert): string =>
  Object.entries(group)
    .map(([field, value]) => `${field} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');

/** What became of an alert, in a line. */
export function line(transition: Transition, alert: NoticedAlert): string {
  const { severity, rule, mergedInto } = alert;
  const group = groupText(alert);
  const into = transition === 'merged' && mergedInto !== null ? ` into ${mergedInto}` : '';
  return `${verbs[transition]}${into}: ${rule.title} (${severity})${group && `, ${group}`}`;
}

/** The facts of an alert, in a line. */
export function facts({ id, openedAt, closedAt, events, peak, rule }: NoticedAlert): string {
  const until = closedAt === null ? '' : ` to ${closedAt}`;
  const whose = rule.owner ? `, owner ${rule.owner}` : '';
  const todo = rule.runbook ? `, runbook ${rule.runbook}` : '';
  return `from ${openedAt}${until}; ${events} events, peak ${peak}${whose}${todo}; alert ${id}`;
}

/** One line of what it is about. */
export function headline({ transitions }: Message): string {
  if (transitions.length === 1) return line(transitions[0].transition, transitions[0].alert);
  const opened = transitions.filter(({ transition }) => transition === 'opened').length;
  const closed = transitions.filter(({ transition }) => transition === 'closed').length;
  return `${transitions.length} changes of alerts: ${opened} opened, ${closed} closed`;
}

/** As many of them as one message spells out, and how many it leaves out. */
export function spelledOut({ transitions }: Message) {
  return { told: transitions.slice(0, linesMax), more: Math.max(0, transitions.length - linesMax) };
}
