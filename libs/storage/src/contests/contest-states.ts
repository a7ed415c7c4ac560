import type { EntityManager } from 'typeorm';
import { preparedForFew } from '../database/prepared.js';
import { bytewise } from './bytewise.js';

/** Half-lives, in seconds, that votes for entries of every contest are weighed by: an hour, a day, a week. */
export const WINDOWS = [3_600, 86_400, 604_800] as const;

/** What is to be known of a contest to count its votes. It need not have been set up. */
export interface ContestState {
  id: string;
  /** ms; votes, retractions, entries and alerts of a later time don't count. */
  until: number;
  /** The same for PostgreSQL. */
  untilText: string;
  /** Seconds; what its votes for entries are weighed by. */
  halfLives: readonly number[];
  /** Whether votes of the voter are in its tallies: while they are counted anew, not all are. */
  hasTallied: (voter: string) => boolean;
}

const contestStatesSql = preparedForFew(
  `SELECT asked.id, closed_at, CASE WHEN mode = 'trending' THEN half_life_seconds END AS half_life,
       s.contest AS stale, s.counted
     FROM unnest($1::text[]) AS asked (id) LEFT JOIN decided.contest c ON c.id = asked.id
     LEFT JOIN computed.contest_stale s ON s.contest = asked.id`,
);

export async function contestStates(
  manager: EntityManager,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ContestState>> {
  const rows = await manager.query<
    { id: string; closed_at: Date | null; half_life: number | null; stale: string | null; counted: string | null }[]
  >(contestStatesSql(ids.length), [ids]);
  return new Map(
    rows.map(({ id, closed_at, half_life, stale, counted }) => [
      id,
      {
        id,
        until: closed_at?.getTime() ?? Infinity,
        untilText: closed_at?.toISOString() ?? 'infinity',
        halfLives: half_life === null ? WINDOWS : [...new Set([...WINDOWS, half_life])],
        hasTallied: (voter: string) => stale === null || (counted !== null && bytewise(voter, counted) <= 0),
      },
    ]),
  );
}
