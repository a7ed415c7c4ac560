import Type from 'typebox';
import { type Decision, goDuration, originOf } from '#libs/blocking';

/** A decision as CrowdSec's bouncers read it. */
export const BouncerDecision = Type.Object({
  id: Type.Integer(),
  uuid: Type.String(),
  origin: Type.String(),
  scenario: Type.String(),
  scope: Type.String(),
  type: Type.String(),
  value: Type.String(),
  duration: Type.String({ description: 'As Go writes it; negative once it is over' }),
});

/** On the decision itself: the garbage collector takes its time with a hundred thousand entries of a WeakMap. */
const HEAD = Symbol('head');

/**
 * All but the duration, with the comma before it; written once for as long as a decision is what it is, since bouncers ask
 * for all of them.
 */
function headOf(decision: Decision & { [HEAD]?: string }): string {
  const known = decision[HEAD];
  if (known !== undefined) return known;
  const { id, uuid, scope, type, value, subject } = decision;
  const fields = { id, uuid, origin: originOf(decision), scenario: subject.rule.name, scope, type, value };
  return (decision[HEAD] = `,${JSON.stringify(fields).slice(0, -1)},"duration":"`);
}

/** An empty list is `null`, as Go writes it. */
export function activeJson(decisions: readonly Decision[], at: number): Buffer {
  return Buffer.concat(listJson(decisions, ({ until }) => until - at));
}

/** Those that are gone have a negative duration. */
export function streamJson(fresh: readonly Decision[], gone: readonly Decision[], at: number): Buffer {
  const active = listJson(fresh, ({ until }) => until - at);
  const over = listJson(gone, ({ until, liftedAt }) => Math.min(-1_000, until - at, (liftedAt ?? at) - at));
  return Buffer.concat([Buffer.from('{"new":'), ...active, Buffer.from(',"deleted":'), ...over, Buffer.from('}')]);
}

/** Written so many at a time: one text of all of them would be moved about by the garbage collector. */
const pieceDecisions = 500;

function listJson(decisions: readonly Decision[], leftMs: (decision: Decision) => number): Buffer[] {
  if (decisions.length === 0) return [Buffer.from('null')];
  const tails = new Map<number, string>();
  const pieces: Buffer[] = [];
  for (let from = 0; from < decisions.length; from += pieceDecisions) {
    let piece = '';
    for (const decision of decisions.slice(from, from + pieceDecisions)) {
      const seconds = Math.round(leftMs(decision) / 1_000);
      let tail = tails.get(seconds);
      if (tail === undefined) tails.set(seconds, (tail = `${goDuration(seconds * 1_000)}"}`));
      piece += headOf(decision) + tail;
    }
    pieces.push(Buffer.from(from === 0 ? `[${piece.slice(1)}` : piece));
  }
  return [...pieces, Buffer.from(']')];
}
