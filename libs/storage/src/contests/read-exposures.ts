import type { DataSource } from 'typeorm';
import { storable } from '../storable.js';

export interface Exposure {
  at: Date;
  source: string;
  id: string;
  shown: string[];
}

/** What was shown in a contest, and to how many. */
export async function exposures(database: DataSource, contest: string): Promise<{ shown: string[]; times: number }[]> {
  return database.query(
    'SELECT shown, count(*)::integer AS times FROM computed.exposure WHERE contest = $1 GROUP BY shown',
    [contest],
  );
}

/** What the voter was shown last; null: nothing yet. */
export async function lastExposure(database: DataSource, contest: string, voter: string): Promise<Exposure | null> {
  const [row] = await database.query<Exposure[]>(
    `SELECT at, source, id, shown FROM computed.exposure WHERE contest = $1 AND voter = $2
     ORDER BY at DESC, source DESC, id DESC LIMIT 1`,
    [contest, storable(voter)],
  );
  return row ?? null;
}

/** Pairs that the voter has voted on, also where another vote has taken that one's place. */
export async function judgedPairs(
  database: DataSource,
  contest: string,
  voter: string,
): Promise<{ winner: string; loser: string }[]> {
  return database.query(
    `SELECT DISTINCT choice ->> 'winner' AS winner, choice ->> 'loser' AS loser
     FROM computed.contest_vote WHERE contest = $1 AND voter = $2 AND choice ->> 'winner' IS NOT NULL`,
    [contest, storable(voter)],
  );
}
