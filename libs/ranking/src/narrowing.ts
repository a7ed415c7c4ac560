import { type EliminationMode, type Evidence, eliminate } from './elimination.js';
import { halve } from './halving.js';
import type { Judged } from './judged.js';
import type { Mode } from './methods.js';
import type { DecayedChoice } from './trending.js';

/** How a contest comes down to its best, step by step. */
export interface Narrowing {
  /** The better half stays; or whoever is not surely worse than another. */
  method: 'halving' | 'elimination';
  /** Elimination: the probability that no best entry is ever among those that leave. */
  confidence: number;
  /** ms, ascending; at each a round ends by itself. */
  deadlines: readonly number[];
}

/** What ended a round, or held it. */
export interface Step {
  action: 'advance' | 'deadline' | 'freeze';
  /** ms; votes up to then count for it. */
  at: number;
  /** ms; when it began to hold: later than `at` where a frozen round was ended. */
  takenAt: number;
  /** What became of each entry that was in; empty for a freeze. */
  judged: readonly Judged[];
  /** ms; null: it holds. */
  undoneAt: number | null;
}

/** Where a narrowing stands. */
export interface Stage {
  /** The first is 1. */
  round: number;
  /** Entries that the first round ended with; null: it has not, and every entry is in. */
  field: ReadonlySet<string> | null;
  /** Those of the field that left. */
  out: ReadonlySet<string>;
  /** ms; votes after it don't count yet. Null: the round is open. */
  frozenAt: number | null;
}

/** Where the steps lead, the oldest first; `before`: of those that began to hold before that moment. Undone ones are as if they had not been. */
export function stageAfter(steps: readonly Step[], before = Infinity): Stage {
  let stage: Stage = { round: 1, field: null, out: new Set(), frozenAt: null };
  for (const { action, at, takenAt, judged, undoneAt } of steps) {
    if (undoneAt !== null || takenAt >= before) continue;
    if (action === 'freeze') stage = { ...stage, frozenAt: at };
    else {
      const field = stage.field ?? new Set(judged.map(({ entry }) => entry));
      const out = new Set([...stage.out, ...judged.flatMap(({ entry, stays }) => (stays ? [] : [entry]))]);
      stage = { round: stage.round + 1, field, out, frozenAt: null };
    }
  }
  return stage;
}

export const isIn = ({ field, out }: Stage, entry: string): boolean =>
  field === null || (field.has(entry) && !out.has(entry));

/**
 * Whether a deadline has passed and ends the round that these steps lead to. Not where it has a step of its own, undone or not, nor where a
 * later step holds; and while a round is frozen none ends it.
 */
export function isDue(deadline: number, steps: readonly Step[], now: number): boolean {
  if (deadline > now || stageAfter(steps).frozenAt !== null) return false;
  return !steps.some(({ action, at, takenAt, undoneAt }) =>
    action === 'deadline' && at === deadline ? true : undoneAt === null && takenAt >= deadline,
  );
}

export interface RoundEvidence extends Omit<Evidence, 'counted'> {
  counted: readonly DecayedChoice[];
}

/** What a step would do to the entries that are in; those that stay first, by their score. */
export function judge({ method, confidence }: Narrowing, mode: Mode, evidence: RoundEvidence): Judged[] {
  if (method === 'elimination' && isEliminationMode(mode)) return eliminate(mode, confidence, evidence);
  return halve(mode, evidence.entries, evidence.counted);
}

/** Whether elimination can be promised for votes of this mode: what trends has no true order that stays. */
export const isEliminationMode = (mode: Mode): mode is EliminationMode => mode !== 'trending';
