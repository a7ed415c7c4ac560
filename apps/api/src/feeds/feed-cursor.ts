import Type, { type Static } from 'typebox';
import { type FeedCursor, type Place, packKeys, unpackKeys } from '#libs/feed';
import type { FeedTurn } from '#libs/storage';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import { invalidQuery } from '../http/problems.js';

const turn = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const generation = Type.String({ maxLength: 8 });
const place = Type.Union([
  Type.Tuple([
    Type.Integer({ minimum: Date.parse('0001-01-01T00:00:00Z'), maximum: Date.parse('9999-12-31T23:59:59.999Z') }),
    Type.String({ pattern: '^-?[0-9]{1,19}$' }),
  ]),
  Type.Null(),
]);
const keys = Type.String({ maxLength: 8_000, pattern: '^[A-Za-z0-9_-]*$' });
const Packed = Type.Object({
  m: Type.Enum(['latest', 'ranked']),
  g: generation,
  t: turn,
  n: Type.Union([turn, Type.Null()]),
  b: place,
  e: place,
  s: keys,
  p: keys,
});
const Since = Type.Object({ g: generation, t: turn });

/** Where a feed begins. `since`: only what was projected after that turn. */
export function beginning(mode: FeedCursor['mode'], now: FeedTurn, since: number | null): FeedCursor {
  return { mode, ...now, since, before: null, end: null, shown: new Set(), passed: new Set() };
}

export function writeCursor({ mode, generation: g, turn: t, since, before, end, shown, passed }: FeedCursor): string {
  const packed: Static<typeof Packed> = {
    m: mode,
    g,
    t,
    n: since,
    b: before && [before.at, before.tie],
    e: end && [end.at, end.tie],
    s: packKeys(shown),
    p: packKeys(passed),
  };
  return encodeCursor(packed);
}

/** Throws a 400 problem where it is none, or was made before feeds were rebuilt. */
export function readCursor(given: string, now: FeedTurn): FeedCursor {
  const { m, g, t, n, b, e, s, p } = decodeCursor(Packed, given);
  if (g !== now.generation) throw outlived('cursor');
  const placeOf = (packed: Static<typeof place>): Place | null =>
    packed && { at: packed[0], tie: BigInt.asIntN(64, BigInt(packed[1])).toString() };
  return {
    mode: m,
    generation: g,
    turn: t,
    since: n,
    before: placeOf(b),
    end: placeOf(e),
    shown: unpackKeys(s),
    passed: unpackKeys(p),
  };
}

export function writeSince({ generation: g, turn: t }: FeedTurn): string {
  return encodeCursor({ g, t });
}

/** Throws a 400 problem where it is none. `field`: what it came in. */
export function readSince(given: string, field = 'since'): FeedTurn {
  const { g: generation, t: turn } = decodeCursor(Since, given, field, 'since');
  return { generation, turn };
}

/** The turn that it tells; of before anything was projected, none. Throws a 400 problem where feeds were rebuilt since. */
export function turnSince({ generation, turn }: FeedTurn, now: FeedTurn): number {
  if (generation === '') return 0;
  if (generation !== now.generation) throw outlived('since');
  return turn;
}

const outlived = (field: string) =>
  invalidQuery([{ field, message: 'is of before feeds were rebuilt; begin again without it' }]);
