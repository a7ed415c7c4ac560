import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import { type DecayedChoice, type Method, methods, type Ranked, ranked, saysOf } from '#libs/ranking';
import { type Contest, type Moment, readContest, readTallies } from '#libs/storage';
import { invalidQuery } from '../http/problems.js';

const limit = Type.Union([Type.Number(), Type.Null()], {
  description: 'The score is between the limits with 95 % confidence; null: nothing is known',
});
const votes = Type.Object({
  raw: Type.Integer({ description: 'Live votes, one of each voter' }),
  discounted: Type.Integer({ description: 'Of these, those that alerts are open against: they don’t count' }),
  why: Type.Record(Type.String(), Type.Integer(), {
    description: 'Discounted votes by rule; a vote that two rules doubt is in both',
  }),
});

export const Board = Type.Object({
  contest: Type.String(),
  method: Type.String(),
  asOf: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'Null: now' }),
  votes,
  entries: Type.Array(
    Type.Object({
      rank: Type.Integer({ description: 'One more than there are entries that are surely better' }),
      entry: Type.String(),
      title: Type.Union([Type.String(), Type.Null()]),
      actor: Type.Union([Type.String(), Type.Null()]),
      score: Type.Number(),
      low: limit,
      high: limit,
      votes,
      undiscounted: Type.Object(
        { rank: Type.Integer(), score: Type.Number() },
        { description: 'What it would be if all votes counted' },
      ),
    }),
  ),
});
export type Board = Static<typeof Board>;
type Votes = Static<typeof votes>;

/** The board by a method, the default one of the contest's mode, of the entries that are in. Throws a 400 problem where it is of another mode. */
export async function readBoard(
  database: DataSource,
  contest: Contest,
  moment: Moment,
  wanted?: string,
  isIn: (entry: string) => boolean = () => true,
): Promise<Board> {
  const fitting = methods.filter(({ mode }) => mode === contest.mode);
  const method = wanted === undefined ? fitting[0] : fitting.find(({ name }) => name === wanted);
  if (!method) {
    const names = fitting.map(({ name }) => name).join(', ');
    throw invalidQuery([
      { field: 'method', message: `must be one of ${names}: the contest’s mode is ${contest.mode}` },
    ]);
  }
  const { entries: standing, votes: all } = await counted(database, contest, moment, { method, isIn });
  const entries = standing.filter(({ entry }) => isIn(entry));
  const names = entries.map(({ entry }) => entry);
  const score = (given: readonly DecayedChoice[]): Ranked[] => ranked(method.score(names, given));
  const counting = all.filter(({ rules }) => rules === null);
  const fair = score(counting);
  const raw = counting.length === all.length ? fair : score(all);
  const undiscounted = new Map(raw.map((one) => [one.entry, { rank: one.rank, score: one.score }]));
  const described = new Map(entries.map((one) => [one.entry, one]));
  const counts = new Map(names.map((entry): [string, Votes] => [entry, { raw: 0, discounted: 0, why: {} }]));
  const total: Votes = { raw: 0, discounted: 0, why: {} };
  for (const { rules, ...one } of all) {
    const about = saysOf(one).filter(([entry, votes]) => votes > 0 && counts.has(entry));
    if (about.length > 0) count(total, one.votes, rules);
    for (const [entry, votes] of about) count(counts.get(entry)!, votes, rules);
  }
  return {
    contest: contest.id,
    method: method.name,
    asOf: moment.asOf === null ? null : new Date(moment.asOf).toISOString(),
    votes: total,
    entries: fair.map(({ rank, entry, score, low, high }) => ({
      rank,
      ...described.get(entry)!,
      score,
      low: Number.isFinite(low) ? low : null,
      high: Number.isFinite(high) ? high : null,
      votes: counts.get(entry)!,
      undiscounted: undiscounted.get(entry)!,
    })),
  };
}

/** From tallies where they can say it. What ballots add up to holds for all entries: where some left, it is counted from votes. */
async function counted(
  database: DataSource,
  contest: Contest,
  moment: Moment,
  { method, isIn }: { method: Method; isIn: (entry: string) => boolean },
) {
  const isApart = method.ordered === true;
  if (moment.asOf === null && !isApart) {
    const tallied = await readTallies(database, contest, moment.now);
    if (contest.mode !== 'ballot' || tallied.entries.every(({ entry }) => isIn(entry))) return tallied;
  }
  return readContest(database, contest, moment, isApart);
}

function count(votes: Votes, n: number, rules: readonly string[] | null): void {
  votes.raw += n;
  if (rules === null) return;
  votes.discounted += n;
  for (const rule of rules) votes.why[rule] = (votes.why[rule] ?? 0) + n;
}

/** As RFC 4180 has it. Text that a spreadsheet would take for a formula begins with an apostrophe. */
export function boardCsv({ entries }: Board): string {
  const head = ['rank', 'entry', 'title', 'score', 'low', 'high', 'votes', 'discounted'];
  const rows = entries.map((one) => [
    one.rank,
    one.entry,
    one.title,
    one.score,
    one.low,
    one.high,
    one.votes.raw,
    one.votes.discounted,
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join()}\r\n`).join('');
}

function cell(value: string | number | null): string {
  if (typeof value !== 'string') return String(value ?? '');
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
