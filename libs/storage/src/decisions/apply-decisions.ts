import type { DataSource, EntityManager } from 'typeorm';
import { type GuardOptions, isOfAddresses } from '#libs/blocking';
import type { Alert } from '#libs/events';
import { compileEntries } from '#libs/silencing';
import type { Send } from '../database/pipelined.js';
import { prepared } from '../database/prepared.js';
import { advance, type Progress } from '../positions/advance.js';
import { holdsAt } from '../silences/silence.js';
import { silencesBetween } from '../silences/silence-store.js';
import { type BiteRow, biteOf, type GuardBite } from './guard-bite.js';
import { latestTermsSql } from './latest-terms.sql.js';
import { lockBlockingSql } from './lock-blocking.sql.js';
import { noteBitesSql } from './note-bites.sql.js';
import { type Raised, raise, type TermRow } from './raise.js';
import { refuseBeyondRateSql } from './refuse-beyond-rate.sql.js';
import { type Refused, refuseMany } from './refuse-many.js';
import { upsertDecisionsSql } from './upsert-decisions.sql.js';

/** One record of the topic `alert`, with when the log recorded it: what silences and the guard's rate go by. */
export interface RecordedAlert {
  offset: number;
  recordedAt: number;
  alert: Alert;
}

export interface DecisionsApplied extends GuardOptions {
  /** Told what the guard refused, before the position is past it: to be written where it can be seen. May be told again. */
  bitten(bites: readonly GuardBite[]): Promise<void>;
}

/** What alerts decide, which of them silences hold back, and the positions behind them; see `advance`. */
export function applyDecisions(
  database: DataSource,
  read: readonly Progress<RecordedAlert>[],
  options: DecisionsApplied,
): Promise<boolean> {
  return advance(database, read, async (manager, records, send) => {
    const live = records.filter(({ alert }) => !alert.shadow && alert.retro !== true);
    if (live.length === 0) return;
    send(lockBlockingSql);
    const [bites] = await Promise.all([decide(manager, live, options, send), holdBack(manager, live, send)]);
    if (bites.length > 0) await options.bitten(bites);
  });
}

/** Notes which alerts silences were there for when they were recorded. */
async function holdBack(manager: EntityManager, records: readonly RecordedAlert[], send: Send): Promise<void> {
  const times = records.map(({ recordedAt }) => recordedAt);
  const silences = await silencesBetween(manager, Math.min(...times), Math.max(...times));
  if (silences.length === 0) return;
  const compiled = compileEntries(silences);
  const held = records.flatMap(({ alert, recordedAt }) =>
    compiled
      .matching(alert)
      .filter((silence) => holdsAt(silence, recordedAt))
      .map(({ id }) => ({ alert_id: alert.id, silence_id: id, at: new Date(recordedAt) })),
  );
  if (held.length === 0) return;
  send(holdAlertsSql, [JSON.stringify(held)]);
}

const holdAlertsSql = prepared(`
  INSERT INTO computed.held_alert (alert_id, silence_id, at)
  SELECT alert_id, silence_id, at
  FROM json_to_recordset($1::json) AS row (alert_id text, silence_id text, at timestamptz)
  ON CONFLICT DO NOTHING`);

async function decide(
  manager: EntityManager,
  records: readonly RecordedAlert[],
  options: GuardOptions,
  send: Send,
): Promise<GuardBite[]> {
  const deciding = records.filter(({ alert }) => alert.decision);
  if (deciding.length === 0) return [];
  const ids = [...new Set(deciding.map(({ alert }) => alert.id))];
  const known = await manager.query<TermRow[]>(latestTermsSql, [ids]);
  const latest = new Map(known.map((row) => [row.alert_id, row]));
  // By alert and term: a statement may write each row once only.
  const raised = new Map<string, Raised>();
  const beyondAddressesSince = new Map<string, number>();
  for (const { alert, recordedAt } of deciding) {
    const one = raise(alert, recordedAt, latest.get(alert.id), options);
    if (one === null) continue;
    latest.set(alert.id, one.row);
    const key = `${one.row.term} ${alert.id}`;
    raised.set(key, { row: one.row, isNew: one.isNew || raised.get(key)?.isNew === true });
    const { rule_id: rule, scope } = one.row;
    if (!isOfAddresses(scope))
      beyondAddressesSince.set(rule, Math.min(recordedAt, beyondAddressesSince.get(rule) ?? recordedAt));
  }
  if (raised.size === 0) return [];
  send(upsertDecisionsSql, [JSON.stringify([...raised.values()].map(({ row }) => row))]);
  const added = [...raised.values()].filter(({ isNew }) => isNew).map(({ row }) => row);
  return noteBites(manager, [
    ...added.filter(({ guard }) => guard !== null),
    ...(await refuseMany(manager, beyondAddressesSince, options)),
    ...(await beyondRate(manager, added, options)),
  ]);
}

async function beyondRate(
  manager: EntityManager,
  added: readonly TermRow[],
  { perMinuteMax }: GuardOptions,
): Promise<Refused[]> {
  const buckets = new Map(added.map((row) => [`${row.minute.getTime()} ${row.rule_id}`, row]));
  const rules = [...buckets.values()].map(({ rule_id }) => rule_id);
  const minutes = [...buckets.values()].map(({ minute }) => minute);
  // An update answers with its rows and how many they are.
  const [rows] = await manager.query<[Refused[], number]>(refuseBeyondRateSql, [rules, minutes, perMinuteMax]);
  return rows;
}

async function noteBites(manager: EntityManager, refused: readonly Refused[]): Promise<GuardBite[]> {
  if (refused.length === 0) return [];
  const sums = new Map<string, BiteRow>();
  for (const { rule_id, rule_name, guard, minute, starts_at } of refused) {
    const key = `${guard} ${minute.getTime()} ${rule_id}`;
    const sum = sums.get(key);
    const row = { rule_id, rule_name, reason: guard!, minute, refused: 1, first_at: starts_at, last_at: starts_at };
    if (!sum) sums.set(key, row);
    else {
      sum.refused++;
      if (starts_at < sum.first_at) sum.first_at = starts_at;
      if (starts_at > sum.last_at) sum.last_at = starts_at;
    }
  }
  const rows = await manager.query<BiteRow[]>(noteBitesSql, [JSON.stringify([...sums.values()])]);
  return rows.map(biteOf);
}

/** What the guard refused in minutes that began before, and whose alerts are open still: they are closed from now on. */
export async function closeBites(
  database: DataSource,
  before: number,
  closing: (bites: readonly GuardBite[]) => Promise<void>,
): Promise<void> {
  await database.transaction(async (manager) => {
    const [rows] = await manager.query<[BiteRow[], number]>(
      `UPDATE computed.guard_bite SET closed = true WHERE NOT closed AND minute < $1
       RETURNING rule_id, rule_name, reason, minute, refused, first_at, last_at`,
      [new Date(before)],
    );
    if (rows.length > 0) await closing(rows.map(biteOf));
  });
}
