import type { DataSource } from 'typeorm';
import { faded, type Mode, slotOf } from '#libs/ranking';
import type { WINDOWS } from './contest-states.js';
import { trendingEntriesSql } from './trending-entries.sql.js';

/** What is older weighs less than a 65,000th. */
const HALF_LIVES = 16;

/** An entry of an open contest, with its votes faded: yes less no, without those that are discounted. */
export interface TrendingEntry {
  contest: string;
  contestTitle: string;
  entry: string;
  title: string | null;
  actor: string | null;
  /** Sum of the weights of its votes, above 0: 1 when cast, half of it after each half-life; and of their squares. */
  weight: number;
  squares: number;
}

/**
 * What trends across contests, the best first; of each contest so many at most. As the tallies have it: that of an alert or a change
 * of a contest it knows when the projection does. `now`: ms.
 */
export async function readTrending(
  database: DataSource,
  {
    halfLife,
    now,
    mode,
    entriesMax,
  }: { halfLife: (typeof WINDOWS)[number]; now: number; mode: Mode | null; entriesMax: number },
): Promise<TrendingEntry[]> {
  const time = slotOf(now, halfLife);
  const asked = [halfLife, time.slot, HALF_LIVES, mode, entriesMax];
  const rows = await database.query<TrendingEntry[]>(trendingEntriesSql, asked);
  return rows.map(({ weight, squares, ...row }) => ({ ...row, ...faded({ slot: time.slot, weight, squares }, time) }));
}
