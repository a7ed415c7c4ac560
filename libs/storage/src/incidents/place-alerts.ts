import type { EntityManager } from 'typeorm';
import type { Alert } from '#libs/events';
import type { Send } from '../database/pipelined.js';
import { causesOf, INCIDENT_GAP_MS, isTold, spanOf } from './causes.js';
import { findRunsSql } from './find-runs.sql.js';
import { firstAlertsSql } from './first-alerts.sql.js';
import { joinRuns, type Run } from './join-runs.js';
import { renameIncidentsSql } from './rename-incidents.sql.js';
import { Unions } from './unions.js';
import { deleteRunsSql, upsertRunsSql } from './write-runs.sql.js';

/** An alert as it is stored. */
export interface StoredAlert extends Pick<Alert, 'openedAt' | 'lastSeen' | 'state' | 'shadow' | 'retro'> {
  incident: string | null;
}

/** Alerts that are about to be written. */
export interface Placing {
  /** All revisions at hand, older ones too: a batch may end anywhere, and none of them may be missed. */
  revisions: readonly Alert[];
  /** What will be written: the newest of each, by id. */
  newest: ReadonlyMap<string, Alert>;
  stored: ReadonlyMap<string, StoredAlert>;
}

/** An alert that an incident may be named after. */
interface First {
  id: string;
  openedAt: number;
  counts: boolean;
}

/**
 * Finds the incident of each alert (docs/alerts.md says what that is), joins those that turn out to be one, and
 * renames what is stored of them. In the caller's transaction, which nobody else's comes between.
 *
 * What belongs together only ever grows, so which alerts are one incident follows from the revisions alone, in any
 * order and in any batches; and so does its name, the id of the alert in it that opened first. Every alert's id leads
 * to its incident: a name that was shown once keeps leading there.
 */
export async function placeAlerts(
  manager: EntityManager,
  placing: Placing,
  send: Send,
): Promise<Map<string, string | null>> {
  const { newest, stored } = placing;
  const moved = [...newest.values()].filter((alert) => isMoved(alert, stored.get(alert.id)));
  const names = moved.length > 0 ? await place(manager, moved, placing, send) : new Map<string, string>();
  return new Map(
    [...newest.keys()].map((id) => {
      const was = stored.get(id)?.incident ?? null;
      return [id, names.get(id) ?? (was === null ? null : (names.get(was) ?? was))];
    }),
  );
}

/** Whether it may have come closer to others, or changed its part in a name. Few revisions do. */
function isMoved(alert: Alert, stored: StoredAlert | undefined): boolean {
  if (!stored || isTold(alert) !== isTold(stored) || alert.openedAt !== stored.openedAt) return true;
  if (isTold(alert) && stored.incident === null) return true;
  if ((alert.state === 'merged') !== (stored.state === 'merged')) return true;
  return spanOf(alert).ends > spanOf(stored).ends;
}

/** By alerts that moved, and by incidents that were renamed: what the incident is called now. */
async function place(
  manager: EntityManager,
  moved: readonly Alert[],
  { revisions, newest, stored }: Placing,
  send: Send,
) {
  const ids = moved.map(({ id }) => id);
  const spans = spansOf(revisions, new Set(ids));
  const found = await findRuns(manager, spans);
  const { runs, gone, pairs } = joinRuns(found, spans);
  const unions = new Unions();
  for (const [a, b] of pairs) unions.join(a, b);
  const touched = new Set<string>();
  const known = [...found, ...ids.map((id) => ({ alertId: id, incident: stored.get(id)?.incident ?? null }))];
  for (const { alertId, incident } of known) {
    if (incident === null) continue;
    unions.join(alertId, incident);
    touched.add(incident);
  }
  const firsts = await firstAlerts(manager, [...touched], ids);
  for (const { id, incident } of firsts) unions.join(id, incident);
  const spanned = new Set(spans.map(({ alertId }) => alertId));
  const placed = moved.filter(({ id }) => spanned.has(id) || (stored.get(id)?.incident ?? null) !== null);
  const firstOfUnion = firstsOf(unions, [...firsts, ...placed.map(firstOf)]);
  const names = new Map<string, string>();
  for (const name of [...placed.map(({ id }) => id), ...touched]) {
    const first = firstOfUnion.get(unions.rootOf(name));
    if (first !== undefined) names.set(name, first);
  }
  const renamed = [...touched].filter((name) => names.get(name) !== name);
  rename(send, renamed, names, [...newest.keys()]);
  if (gone.length > 0) send(deleteRunsSql, [JSON.stringify(gone.map(wireOf))]);
  if (runs.length > 0) send(upsertRunsSql, [JSON.stringify(runs.map(wireOf))]);
  return names;
}

/** One for each alert and cause: all its revisions together. */
function spansOf(revisions: readonly Alert[], ids: ReadonlySet<string>): Run[] {
  const told = revisions.filter((alert) => ids.has(alert.id) && isTold(alert));
  return [...Map.groupBy(told, ({ id }) => id)].flatMap(([alertId, alerts]) => {
    const spans = alerts.map(spanOf);
    const begins = Math.min(...spans.map((span) => span.begins));
    const ends = Math.max(...spans.map((span) => span.ends));
    return causesOf(alerts[0]).map((cause) => ({ cause, begins, ends, alertId }));
  });
}

function rename(send: Send, from: string[], names: ReadonlyMap<string, string>, without: string[]) {
  const renamed = from.flatMap((name) => (names.has(name) ? { from: name, to: names.get(name) } : []));
  if (renamed.length > 0) send(renameIncidentsSql, [JSON.stringify(renamed), without]);
}

async function findRuns(manager: EntityManager, spans: readonly Run[]): Promise<(Run & { incident: string | null })[]> {
  if (spans.length === 0) return [];
  const rows = await manager.query<
    { cause: string; begins: Date; ends: Date; alertId: string; incident: string | null }[]
  >(findRunsSql, [JSON.stringify(spans.map(wireOf)), INCIDENT_GAP_MS]);
  return rows.map((row) => ({ ...row, begins: row.begins.getTime(), ends: row.ends.getTime() }));
}

async function firstAlerts(manager: EntityManager, incidents: string[], without: string[]) {
  if (incidents.length === 0) return [];
  const rows = await manager.query<{ incident: string; id: string; openedAt: Date; counts: boolean }[]>(
    firstAlertsSql,
    [incidents, without],
  );
  return rows.map((row) => ({ ...row, openedAt: row.openedAt.getTime() }));
}

const firstOf = (alert: Alert): First => ({
  id: alert.id,
  openedAt: Date.parse(alert.openedAt),
  counts: alert.state !== 'merged' && isTold(alert),
});

/** By the root of each union: the id of its first alert. */
function firstsOf(unions: Unions, firsts: readonly First[]): Map<string, string> {
  const order = (a: First, b: First) =>
    Number(b.counts) - Number(a.counts) || a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1);
  const names = new Map<string, string>();
  for (const { id } of firsts.toSorted(order)) {
    const root = unions.rootOf(id);
    if (!names.has(root)) names.set(root, id);
  }
  return names;
}

const wireOf = (run: Run) => ({
  ...run,
  begins: new Date(run.begins).toISOString(),
  ends: new Date(run.ends).toISOString(),
});
