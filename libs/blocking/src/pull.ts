import type { DecisionBook, DecisionFilter } from './book.js';
import type { Decision } from './decision.js';

/**
 * What a bouncer was told of, and so holds: four numbers for each decision, its `id`; `until` as told last; `kept`, the
 * end as told when the bouncer took it up, since some keep to that whatever they are told later; and `repeat`: until then
 * it is told again, since nobody knows to the second when the bouncer let go (0: it is not).
 */
export type Held = Float64Array;
const WIDTH = 4;

/** What a bouncer was told is remembered for so long after it asked last. */
export const rememberedMs = 7 * 86_400_000;

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
 *
 * `known` is null where nothing is known of it: it is new, came to another address, or was away for longer than is
 * remembered. Unless it starts, it may still hold what was lifted meanwhile.
 */
export function pull(
  book: DecisionBook,
  known: Held | null,
  { at, filter, startup }: { at: number; filter: DecisionFilter; startup: boolean },
): Pulled {
  const held = known ?? new Float64Array(0);
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
    const page = book.byNumber(held[row]);
    if (!page) pulled.unknown.push(held[row]);
    else if (longest[page.target]) told[page.target] = row;
    else pulled.gone.push(page.decision);
    if (page) next = page.target + 1;
  }
  const { gone, unsure } = known === null && !startup ? perhapsHeld(book, longest, at, filter) : nothingHeld;
  for (const decision of gone) pulled.gone.push(decision);
  let end = 0;
  for (let target = 0; target < longest.length; target++) {
    const decision = longest[target];
    if (!decision) continue;
    if (tell(decision, held, startup ? -1 : told[target], at, pulled.held, end)) pulled.fresh.push(decision);
    if (unsure.has(target)) pulled.held[end + 3] = Number.POSITIVE_INFINITY;
    end += WIDTH;
  }
  pulled.held = pulled.held.subarray(0, end);
  return pulled;
}

interface Perhaps {
  /** One for each target that nothing blocks any more, and that it may hold. */
  gone: readonly Decision[];
  /** Targets of which nobody knows when a bouncer lets go that does not prolong what it has: told again each time. */
  unsure: ReadonlySet<number>;
}

const nothingHeld: Perhaps = { gone: [], unsure: new Set() };

/** What a bouncer may hold of which nothing is known: whatever began and did not end by itself. */
function perhapsHeld(
  book: DecisionBook,
  longest: readonly (Decision | undefined)[],
  at: number,
  filter: DecisionFilter,
): Perhaps {
  const gone = new Map<number, Decision>();
  const unsure = new Set<number>();
  for (const { decision, target } of book.begun(at, filter)) {
    const lasting = longest[target];
    // What people decide is never prolonged: it was told with the end that it has.
    const hasOneEnd = decision === lasting && decision.alertId === null;
    if (!lasting) gone.set(target, decision);
    else if (!hasOneEnd && decision.startsAt <= at - rememberedMs) unsure.add(target);
  }
  return { gone: [...gone.values()], unsure };
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
  if (before >= 0 && at >= held[before + 2]) repeat = Math.max(at + REPEAT_MS, held[before + 3]);
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
