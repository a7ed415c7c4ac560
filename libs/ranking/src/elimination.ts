import { upsOf } from './approval.js';
import { pointsOf } from './ballots.js';
import type { CountedChoice } from './choice.js';
import { boundsOf, isBelowHalf, shareAfter } from './confidence-sequence.js';
import { type Duels, duelsOf } from './duels.js';
import { type Judged, votesAbout } from './judged.js';
import type { Mode } from './methods.js';

/** Modes whose votes have a true mean that bounds can be for; what trends has none. */
export type EliminationMode = Exclude<Mode, 'trending'>;

export interface Evidence {
  /** Entries that the narrowing began with, the ones that left among them. */
  field: readonly string[];
  /** Those of the field that may leave now. */
  entries: readonly string[];
  /** Live votes that count. */
  counted: readonly CountedChoice[];
  /** Votes that were replaced or taken back since they were cast. Only sums matter: as well all that were cast, and less all that are live. */
  changed: readonly CountedChoice[];
}

/** All that a mode compares, before anything is decided. */
type Compared = Pick<Judged, 'entry' | 'score' | 'low' | 'high' | 'limit' | 'against' | 'alpha' | 'votes' | 'changes'>;

const compare: Record<EliminationMode, (evidence: Evidence, alpha: number) => Compared[]> = {
  approval: compareShares,
  pairwise: compareDuels,
  ballot: comparePoints,
};

/**
 * Entries leave that are surely worse than one that is in: whose interval lies wholly below the limit. However often it is asked, and
 * whenever one stops asking, an entry that is truly best is never among them, with probability `confidence` at least. See `confidence-sequence` for the bounds;
 * alpha = 1 - confidence is divided among all that is compared (union bound). With k entries in the field:
 *
 * - approval: `score` is the share of yes, the limit the highest `low` of an entry that is in. Each interval has alpha / k.
 * - pairwise: `score` is the share of duels won, the limit 1/2, which the best reaches against everybody, however the pairs were
 *   chosen. Against all of the field together each entry has alpha / 2k, against each other one, who is in, alpha / k(k - 1) a pair.
 * - ballot: an entry and the one of most points (`against`): `score` is 1/2 and half of their difference of mean points, in
 *   parts of the k - 1 points that a ballot can give; the limit 1/2. Each of k(k - 1) / 2 pairs has an equal part.
 *
 * Duels and ballots are read over the whole field, whoever left: who that is depends on earlier votes, and leaving votes out by that
 * would bend what is left. The promise is for votes that come one by one, each a draw that does not depend on those before, and that are changed
 * or taken back without regard to what they said; see `shareAfter` for what changes cost.
 */
export function eliminate(mode: EliminationMode, confidence: number, evidence: Evidence): Judged[] {
  const compared = compare[mode](evidence, 1 - confidence);
  const leaves = ({ high, limit }: Compared) => high !== null && high < limit;
  const isCircle = compared.length > 0 && compared.every(leaves);
  return compared
    .map((one): Judged => {
      const why = isCircle ? 'circle' : leaves(one) ? 'surely-worse' : 'not-surely-worse';
      return { ...one, stays: why !== 'surely-worse', why };
    })
    .sort((a, b) => Number(b.stays) - Number(a.stays) || b.score - a.score || (a.entry < b.entry ? -1 : 1));
}

function compareShares({ field, entries, counted, changed }: Evidence, alpha: number): Compared[] {
  const ups = upsOf(entries, counted);
  const changedAbout = votesAbout(changed);
  const compared = entries.map((entry) => {
    const { up, down } = ups.get(entry)!;
    const changes = changedAbout.get(entry) ?? 0;
    const part = (alpha / field.length) * shareAfter(changes);
    const score = up + down === 0 ? 0.5 : up / (up + down);
    return { entry, score, ...boundsOf(up, up + down, part), alpha: part, votes: up + down, changes };
  });
  const best = compared.reduce((most, one) => (one.low > most.low ? one : most), compared[0]);
  return compared.map((one) => ({ ...one, limit: best.low, against: best === one ? null : best.entry }));
}

function comparePoints({ field, entries, counted, changed }: Evidence, alpha: number): Compared[] {
  const { ballots, points } = pointsOf(field, counted);
  const changes = pointsOf(field, changed).ballots;
  const pairs = Math.max(1, (field.length * (field.length - 1)) / 2);
  const part = (alpha / pairs) * shareAfter(changes);
  const most = Math.max(1, field.length - 1) * Math.max(1, ballots);
  const shares = new Map(field.map((entry, i) => [entry, points[i] / most]));
  const [best, second] = entries.toSorted((a, b) => shares.get(b)! - shares.get(a)!);
  return entries.map((entry) => {
    const against = entry === best ? (second ?? null) : best;
    const difference = against === null ? 0 : shares.get(entry)! - shares.get(against)!;
    const score = (1 + difference) / 2;
    const bounds = boundsOf(score * ballots, ballots, part);
    return { entry, score, ...bounds, limit: 0.5, against, alpha: part, votes: ballots, changes };
  });
}

/** Duels that count, and that were changed. */
interface Tally {
  won: number;
  met: number;
  changes: number;
}

function compareDuels({ field, entries, counted, changed }: Evidence, alpha: number): Compared[] {
  const k = field.length;
  const { all, each } = recordsOf(k, duelsOf(field, counted), duelsOf(field, changed));
  const isIn = new Set(entries);
  const pairPart = alpha / Math.max(1, k * (k - 1));
  return field.flatMap((entry, i) => {
    if (!isIn.has(entry)) return [];
    const loss = [...(each[i] ?? [])].find(([j, record]) => isIn.has(field[j]) && isLost(record, pairPart));
    const [record, against, part] = loss ? [loss[1], field[loss[0]], pairPart] : [all[i], null, alpha / (2 * k)];
    const { won, met, changes } = record;
    const used = part * shareAfter(changes);
    const score = met === 0 ? 0.5 : won / met;
    return { entry, score, ...boundsOf(won, met, used), limit: 0.5, against, alpha: used, votes: met, changes };
  });
}

const isLost = ({ won, met, changes }: Tally, part: number): boolean =>
  isBelowHalf(won, met, part * shareAfter(changes));

/** By entry: against all others together, and against each that it met. */
function recordsOf(k: number, counted: readonly Duels[], changed: readonly Duels[]) {
  const all = Array.from({ length: k }, (): Tally => ({ won: 0, met: 0, changes: 0 }));
  const each = Array.from({ length: k }, () => new Map<number, Tally>());
  const add = (entry: number, other: number, more: Tally): void => {
    const pair = each[entry].get(other) ?? { won: 0, met: 0, changes: 0 };
    each[entry].set(other, pair);
    for (const record of [all[entry], pair]) {
      record.won += more.won;
      record.met += more.met;
      record.changes += more.changes;
    }
  };
  for (const { winner, loser, count } of counted) {
    add(winner, loser, { won: count, met: count, changes: 0 });
    add(loser, winner, { won: 0, met: count, changes: 0 });
  }
  for (const { winner, loser, count } of changed) {
    add(winner, loser, { won: 0, met: 0, changes: count });
    add(loser, winner, { won: 0, met: 0, changes: count });
  }
  return { all, each };
}
