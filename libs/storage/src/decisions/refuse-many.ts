import type { EntityManager } from 'typeorm';
import { beyondMany, type GuardOptions } from '#libs/blocking';
import { askedBeforeSql, askedSinceSql, refuseManySql } from './asked-values.sql.js';
import type { TermRow } from './raise.js';

/** A decision that was refused, as far as the guard's alerts are about it. */
export type Refused = Pick<TermRow, 'rule_id' | 'rule_name' | 'guard' | 'minute' | 'starts_at'>;

type AskedRow = Pick<TermRow, 'rule_id' | 'alert_id' | 'term' | 'value' | 'starts_at' | 'until'>;
type AskedBefore = Pick<AskedRow, 'rule_id' | 'value' | 'until'> & { rows: number };

/** A rule that asks for the whole world has that many rows for each value that is looked for; then no more are looked at. */
const ROWS_PER_VALUE = 100;

/**
 * Refuses what rules ask for beyond the values of other scopes than those of addresses that they may ask for at a time.
 * `changedSince`: by id of a rule, when the first of that was recorded which changed what it asks for. What began earlier
 * stays as it is; what was read before and began later may be refused now.
 */
export async function refuseMany(
  manager: EntityManager,
  changedSince: ReadonlyMap<string, number>,
  { beyondAddressesMax: max }: GuardOptions,
): Promise<Refused[]> {
  if (changedSince.size === 0) return [];
  const asking = [[...changedSince.keys()], [...changedSince.values()].map((ms) => new Date(ms))];
  const earlier = await askedBefore(manager, asking, max);
  const later = await manager.query<AskedRow[]>(askedSinceSql, asking);
  const before = Map.groupBy(earlier, (row) => row.rule_id);
  const beyond = [...Map.groupBy(later, (row) => row.rule_id)].flatMap(([rule, rows]) => {
    const ends = new Map((before.get(rule) ?? []).map(({ value, until }) => [value, until.getTime()]));
    const asked = rows.map((row) => ({ ...row, startsAt: row.starts_at.getTime(), until: row.until.getTime() }));
    return beyondMany(ends, asked, max);
  });
  if (beyond.length === 0) return [];
  // An update answers with its rows and how many they are.
  const [refused] = await manager.query<[Refused[], number]>(refuseManySql, [
    beyond.map(({ alert_id }) => alert_id),
    beyond.map(({ term }) => term),
  ]);
  return refused;
}

/**
 * What each rule began with before and asks for longest: one more than may be, since one of them may be the value itself.
 * Whether there are too many at some later time these tell as well as all of them would.
 */
async function askedBefore(manager: EntityManager, asking: readonly unknown[], max: number): Promise<AskedBefore[]> {
  const values = max + 1;
  const rowsMax = values * ROWS_PER_VALUE;
  const longest = await manager.query<AskedBefore[]>(askedBeforeSql, [...asking, values, rowsMax]);
  const isEnough = [...Map.groupBy(longest, (row) => row.rule_id).values()].every(
    (found) => found.length === values || found[0].rows < rowsMax,
  );
  return isEnough ? longest : manager.query<AskedBefore[]>(askedBeforeSql, [...asking, values, null]);
}
