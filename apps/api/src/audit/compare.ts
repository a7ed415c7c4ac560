import Type, { type Static } from 'typebox';
import type { RecountedAlert } from '#libs/backtest';
import { isCounted } from '#libs/events';

/** Counts every alert again, from the log alone. Alerts that were merged into others are left out or marked. */
export type Recount = () => AsyncIterable<RecountedAlert>;

/** What is compared; the database says of a group's values only that they are JSON. */
type Compared = Omit<RecountedAlert, 'group'> & { group: Readonly<Record<string, unknown>>; retro?: boolean };

const Group = Type.Record(Type.String(), Type.Unknown());
const Counted = Type.Object({
  firstSeen: Type.String(),
  lastSeen: Type.String(),
  peak: Type.Number(),
  events: Type.Integer(),
});
const Place = { rule: Type.String({ description: 'Its id' }), group: Group, openedAt: Type.String() };

export const AuditReport = Type.Object({
  checked: Type.Integer({ description: 'Alerts that the log says there are' }),
  agrees: Type.Boolean(),
  counts: Type.Object({ missing: Type.Integer(), extra: Type.Integer(), different: Type.Integer() }),
  missing: Type.Array(Type.Object({ ...Place, counted: Counted }), { description: 'The database lacks these' }),
  extra: Type.Array(Type.Object({ ...Place, stored: Counted }), { description: 'The log knows nothing of these' }),
  different: Type.Array(
    Type.Object({ ...Place, fields: Type.Array(Type.String()), counted: Counted, stored: Counted }),
  ),
});
export type AuditReport = Static<typeof AuditReport>;

/** Differences of one kind that a report spells out; `counts` counts all. */
export const differencesMax = 1000;

const compared = ['firstSeen', 'lastSeen', 'peak', 'events'] as const;

/**
 * Compares what the log says with what the database holds, by rule, group and first fire. What was raised afterwards, from
 * a part of the log and by a rule that may not run, is held against nothing: where the log says there is such an alert,
 * it is there.
 */
export async function compare(
  counted: AsyncIterable<RecountedAlert>,
  stored: AsyncIterable<Compared>,
): Promise<AuditReport> {
  const left = new Map<string, Compared>();
  const raisedAfterwards = new Set<string>();
  for await (const alert of stored) {
    if (alert.state === 'merged' || !isCounted(alert.rule.id)) continue;
    if (alert.retro) raisedAfterwards.add(keyOf(alert));
    else left.set(keyOf(alert), alert);
  }
  const report: AuditReport = {
    checked: 0,
    agrees: true,
    counts: { missing: 0, extra: 0, different: 0 },
    missing: [],
    extra: [],
    different: [],
  };
  const add = <T>(kind: 'missing' | 'extra' | 'different', list: T[], item: T) => {
    report.agrees = false;
    if (report.counts[kind]++ < differencesMax) list.push(item);
  };
  for await (const alert of counted) {
    if (alert.state === 'merged') continue;
    report.checked++;
    const key = keyOf(alert);
    const match = left.get(key);
    left.delete(key);
    if (!match) {
      if (raisedAfterwards.has(key)) continue;
      add('missing', report.missing, { ...placeOf(alert), counted: figures(alert) });
      continue;
    }
    const fields = compared.filter((field) => alert[field] !== match[field]);
    if (fields.length === 0) continue;
    add('different', report.different, { ...placeOf(alert), fields, counted: figures(alert), stored: figures(match) });
  }
  for (const alert of left.values()) add('extra', report.extra, { ...placeOf(alert), stored: figures(alert) });
  return report;
}

/** The order of a group's fields says nothing. */
function keyOf({ rule, group, openedAt }: Compared): string {
  const fields = Object.entries(group).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([rule.id, fields, openedAt]);
}

function placeOf({ rule, group, openedAt }: Compared) {
  return { rule: rule.id, group: { ...group }, openedAt };
}

function figures({ firstSeen, lastSeen, peak, events }: Compared) {
  return { firstSeen, lastSeen, peak, events };
}
