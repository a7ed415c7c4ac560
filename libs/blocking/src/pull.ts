import type { DecisionBook, DecisionFilter } from './book.js';
import type { Decision } from './decision.js';

/**
 * What a bouncer was told of, and so holds: four numbers for each decision, its `id`; `until` as told last; `kept`, the
 * end as told when the bouncer took it up, since some keep to that whatever they are told later; and `repeat`: until then
 * it is told again, since nobody knows to the second when the bouncer let go (0: it is not).
 */
export type Held = Float64Array;
const WIDTH = 4;

/** Clocks and whole seconds make the end of what a bouncer keeps inexact. */
const REPEAT_MS = 60_000;

export interface Pulled {
  fresh: Decision[];
  gone: Decision[];
  held: Held;
  /** Ids that the bouncer holds and the book does not know: those are neither told nor held any more. */
  unknown: number[];
}

/**
 * What to tell a bouncer that holds `held`, so that it holds what is active at `at`: exactly that, whatever happened
 * between, as it is compared with what it was told and not with a time. `startup`: it holds nothing, and is told all.
 *
 * A target that stays blocked is never among those that are gone, since bouncers differ in which of the two lists they
 * read first. Where its end moved, it is told again once half of what it was told has passed, and once more when that has
 * ended: CrowdSec's own for nftables does not prolong what it has.
 */
export function pull(
  book: DecisionBook,
  held: Held,
  { at, filter, startup }: { at: number; filter: DecisionFilter; startup: boolean },
): Pulled {
  const longest = book.longest(at, filter);
  const told = new Int32Array(longest.length).fill(-1);
  const pulled: Pulled = { fresh: [], gone: [], held: new Float64Array(longest.length * WIDTH), unknown: [] };
  // What is held is mostly in the order of the targets: then nothing needs to be looked up by its number.
  let next = 0;
  for (let row = 0; row < held.length; row += WIDTH) {
    while (next < longest.length && longest[next] === undefined) next++;
    if (longest[next]?.id === held[row]) {
      told[next++] = row;
      continue;
    }
    const known = book.byNumber(held[row]);
    if (!known) pulled.unknown.push(held[row]);
    else if (longest[known.target]) told[known.target] = row;
    else pulled.gone.push(known.decision);
    if (known) next = known.target + 1;
  }
  let end = 0;
  for (let target = 0; target < longest.length; target++) {
    const decision = longest[target];
    if (!decision) continue;
    if (tell(decision, held, startup ? -1 : told[target], at, pulled.held, end)) pulled.fresh.push(decision);
    end += WIDTH;
  }
  pulled.held = pulled.held.subarray(0, end);
  return pulled;
}

/**
 * Writes to `next` at `end` what the bouncer will hold, which was in `held` at `before` (-1: it was not). Whether it is to
 * be told; if not, what it knows is enough.
 */
function tell(
  { id, until, durationMs }: Decision,
  held: Held,
  before: number,
  at: number,
  next: Held,
  end: number,
): boolean {
  let kept = until;
  let repeat = 0;
  if (before >= 0 && at >= held[before + 2]) repeat = at + REPEAT_MS;
  else if (before >= 0) {
    const toldUntil = held[before + 1];
    kept = held[before + 2];
    repeat = held[before + 3];
    const isHalfOver = until > toldUntil && at >= toldUntil - durationMs / 2;
    if (!isHalfOver && at >= repeat) {
      for (let i = 0; i < WIDTH; i++) next[end + i] = held[before + i];
      return false;
    }
  }
  next[end] = id;
  next[end + 1] = until;
  next[end + 2] = kept;
  next[end + 3] = repeat;
  return true;
}

/** For keeping; of the machine's own byte order. */
export function packHeld(held: Held): Buffer {
  return Buffer.from(held.buffer, held.byteOffset, held.byteLength);
}

export function unpackHeld(packed: Buffer): Held {
  const held = new Float64Array(Math.floor(packed.length / (8 * WIDTH)) * WIDTH);
  packHeld(held).set(packed.subarray(0, held.byteLength));
  return held;
}
