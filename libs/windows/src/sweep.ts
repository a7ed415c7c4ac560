import { type FireRun, fireRunOf } from './fire-run.js';
import { addFire } from './fire-slices.js';
import { SlidingWindow } from './sliding-window.js';
import type { WindowStore } from './window-store.js';

/**
 * Looks again at a group's windows that end in [from, until): the stretches of fires, ascending. One that began before
 * and still held at `from` goes in as `held`, and comes out as the first. What still holds at `until` ends there.
 */
export function sweep(
  store: WindowStore,
  slot: number,
  from: number,
  held: FireRun | null = null,
  until = Number.POSITIVE_INFINITY,
): FireRun[] {
  if (store.absence !== null) return store.absence.sweep(slot, from, held, until);
  const { quietMs, fireSliceMs } = store.spec;
  const window = new SlidingWindow(store, slot, from);
  const runs: FireRun[] = held === null ? [] : [fireRunOf(held)];
  let holds = held !== null;
  let exit = from;
  for (;;) {
    const time = window.nextEvent;
    // Until then events only leave.
    while (holds && exit < Math.min(time, until)) {
      window.passTo(exit);
      holds = window.holds(exit);
      runs.at(-1)!.holdUntil = exit;
      exit = window.nextExit;
    }
    if (holds) runs.at(-1)!.holdUntil = Math.min(time, until);
    if (time >= until || time === Number.POSITIVE_INFINITY) return runs;
    window.enterNext();
    const heldOn = holds;
    holds = window.holds(time);
    if (holds) {
      fire(runs, time, window, heldOn ? Number.POSITIVE_INFINITY : quietMs);
      addFire(runs.at(-1)!.slices, time, fireSliceMs);
    }
    exit = window.nextExit;
  }
}

/** `gapMs`: so long after the last stretch it is still the same one. */
function fire(runs: FireRun[], time: number, { measure }: SlidingWindow, gapMs: number): void {
  const { observed, expected } = measure;
  const last = runs.at(-1);
  if (last === undefined || time >= last.holdUntil + gapMs) {
    const at = { openedAt: time, lastFire: time, holdUntil: time };
    runs.push({ ...at, value: observed, peak: observed, expected, slices: [] });
    return;
  }
  last.lastFire = time;
  last.value = observed;
  last.expected = expected;
  last.peak = Math.max(last.peak, observed);
}
