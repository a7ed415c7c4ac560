import type { EntityManager } from 'typeorm';
import type { Send } from '../database/pipelined.js';
import { preparedForFew } from '../database/prepared.js';
import { bytewise } from './bytewise.js';
import type { ContestState } from './contest-states.js';
import type { CastVote } from './suspects.js';
import { textArray } from './text-array.js';

/** A row of computed.contest_vote. */
export interface StoredVote extends CastVote {
  source: string;
  id: string;
  /** It is its voter's last, and was not taken back. */
  live: boolean;
  /** Of a live one: names of the rules that it is discounted for; null: it counts. */
  rules: readonly string[] | null;
}

export type VoteRow = Omit<StoredVote, 'at' | 'accountCreatedOn'> & { at: Date; account_created_on: string | null };

export const voteColumns =
  'v.contest, v.voter, v.at, v.source, v.id, v.ip, v.account_created_on, v.choice, v.live, v.rules';

export const storedVoteOf = ({ at, account_created_on, ...row }: VoteRow): StoredVote => ({
  ...row,
  at: at.getTime(),
  accountCreatedOn: account_created_on,
});

/** Whether the vote comes after the other of its voter, by its time, then by the bytes of `source` and `id`. */
export function isLater(
  a: Pick<StoredVote, 'at' | 'source' | 'id'>,
  b: Pick<StoredVote, 'at' | 'source' | 'id'>,
): boolean {
  if (a.at !== b.at) return a.at > b.at;
  return (bytewise(a.source, b.source) || bytewise(a.id, b.id)) > 0;
}

const lastVotesSql = preparedForFew(
  `SELECT ${voteColumns}
     FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS asked (contest, voter, until)
     CROSS JOIN LATERAL (
       SELECT * FROM computed.contest_vote v
       WHERE v.contest = asked.contest AND v.voter = asked.voter AND v.at <= asked.until
       ORDER BY v.at DESC, v.source DESC, v.id DESC LIMIT 1) AS v`,
);

const takenBackSql = preparedForFew(
  `SELECT r.source, r.id, r.actor, r.at FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (source, id, actor)
     JOIN computed.retraction r USING (source, id, actor) ORDER BY r.at DESC`,
);

/** Of each voter in each contest the last vote that is stored, of those that the contest's end leaves. */
export async function lastVotes(
  manager: EntityManager,
  voters: readonly { contest: ContestState; voter: string }[],
): Promise<StoredVote[]> {
  const rows = await manager.query<VoteRow[]>(lastVotesSql(voters.length), [
    textArray(voters.map(({ contest }) => contest.id)),
    textArray(voters.map(({ voter }) => voter)),
    textArray(voters.map(({ contest }) => contest.untilText)),
  ]);
  return rows.map(storedVoteOf);
}

/** Of these votes, those that their voters took back by a moment, in ms. */
export async function takenBack(
  manager: EntityManager,
  votes: readonly { source: string; id: string; voter: string }[],
): Promise<(vote: { source: string; id: string; voter: string }, until: number) => boolean> {
  const rows = await manager.query<{ source: string; id: string; actor: string; at: Date }[]>(
    takenBackSql(votes.length),
    [
      textArray(votes.map(({ source }) => source)),
      textArray(votes.map(({ id }) => id)),
      textArray(votes.map(({ voter }) => voter)),
    ],
  );
  if (rows.length === 0) return () => false;
  // The earliest is the last to be put in.
  const known = new Map(rows.map(({ source, id, actor, at }) => [nameOf(source, id, actor), at.getTime()]));
  return ({ source, id, voter }, until) => {
    const at = known.get(nameOf(source, id, voter));
    return at !== undefined && at <= until;
  };
}

const nameOf = (...names: string[]): string => names.join('\0');

/** Writes what the votes are from now on. */
export function markVotes(send: Send, votes: readonly StoredVote[]): void {
  if (votes.length === 0) return;
  const rows = votes.map(({ contest, voter, at, source, id, live, rules }) => {
    return { contest, voter, at: new Date(at), source, id, live, rules };
  });
  send(
    `UPDATE computed.contest_vote v SET live = row.live, rules = row.rules
     FROM json_to_recordset($1::json) AS row
       (contest text, voter text, at timestamptz, source text, id text, live boolean, rules text[])
     WHERE v.contest = row.contest AND v.voter = row.voter AND v.at = row.at AND v.source = row.source AND v.id = row.id`,
    [JSON.stringify(rows)],
  );
}
