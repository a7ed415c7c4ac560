import { copyOf, type FireSlice, joined } from './fire-slices.js';

/** An event at whose time the condition holds. */
export interface Fire {
  time: number;
  /** NaN: not worked out yet. */
  holdUntil: number;
  observed: number;
  expected: number | null;
}

/** A stretch of fires: what an episode is made of. */
export interface FireRun {
  openedAt: number;
  lastFire: number;
  holdUntil: number;
  value: number;
  peak: number;
  expected: number | null;
  /** Its fires, as another rule is told of them; empty where none asks. */
  slices: FireSlice[];
}

/** Do the two belong to one episode? */
export const touches = (a: FireRun, b: FireRun, quietMs: number): boolean =>
  a.openedAt < b.holdUntil + quietMs && b.openedAt < a.holdUntil + quietMs;

export function extend(into: FireRun, by: FireRun): void {
  // Of two counts of one window the larger is the later: late events only add.
  if (by.lastFire === into.lastFire) into.value = Math.max(into.value, by.value);
  else if (by.lastFire > into.lastFire) {
    into.value = by.value;
    into.expected = by.expected;
  }
  into.lastFire = Math.max(into.lastFire, by.lastFire);
  into.openedAt = Math.min(into.openedAt, by.openedAt);
  into.holdUntil = Math.max(into.holdUntil, by.holdUntil);
  into.peak = Math.max(into.peak, by.peak);
  if (by.slices.length > 0) into.slices = joined(into.slices, by.slices);
}

/** Joins those that belong to one episode; ascending. */
export function unite(runs: readonly FireRun[], quietMs: number): FireRun[] {
  const united: FireRun[] = [];
  for (const run of [...runs].sort((a, b) => a.openedAt - b.openedAt)) {
    const last = united.at(-1);
    if (last !== undefined && touches(last, run, quietMs)) extend(last, run);
    else united.push(fireRunOf(run));
  }
  return united;
}

/** Of an episode, what it shares with a stretch of fires. */
export const fireRunOf = ({ openedAt, lastFire, holdUntil, value, peak, expected, slices }: FireRun): FireRun => ({
  openedAt,
  lastFire,
  holdUntil,
  value,
  peak,
  expected,
  slices: copyOf(slices),
});
