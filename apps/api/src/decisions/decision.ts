import Type, { type Static } from 'typebox';
import { decisionTypes, goDuration, originOf, type Decision as StoredDecision } from '#libs/blocking';
import type { ListedDecision } from '#libs/storage';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });

/** A decision on the wire. */
export const Decision = Type.Object({
  uuid: Type.String(),
  id: Type.Integer({ description: 'What bouncers call it' }),
  type: Type.Enum([...decisionTypes]),
  scope: Type.String({ description: 'What the value is: Ip, Range, Country, AS, or what a rule says' }),
  value: Type.String(),
  startsAt: Instant,
  until: Instant,
  duration: Type.String({ description: 'What is left of it at that time; negative once it is over' }),
  state: Type.Enum(['active', 'pending', 'expired', 'lifted', 'allowlisted', 'refused']),
  origin: Type.Enum(['weir', 'cscli'], { description: 'Of a rule, or of a person' }),
  rule: Nullable(Type.Object({ id: Type.String(), name: Type.String() })),
  alertId: Nullable(Type.String()),
  author: Nullable(Type.String({ description: 'Id of the key that asked for it' })),
  reason: Nullable(Type.String()),
  guard: Nullable(Type.Enum(['rate', 'own', 'wide', 'value', 'many'], { description: 'Why it was refused' })),
  liftedAt: Nullable(Instant),
  liftedBy: Nullable(Type.String()),
  allowedBy: Type.Array(Type.String(), { description: 'Entries of the allowlist that lift it' }),
});
export type Decision = Static<typeof Decision>;

export function decisionWire({ decision, state, allowedBy }: ListedDecision, at: number): Decision {
  const { uuid, id, type, scope, value, subject, alertId, author, reason, guard, liftedBy } = decision;
  const { rule } = subject;
  return {
    uuid,
    id,
    type,
    scope,
    value,
    startsAt: new Date(decision.startsAt).toISOString(),
    until: new Date(decision.until).toISOString(),
    duration: goDuration(decision.until - at),
    state,
    origin: originOf(decision),
    rule: alertId === null ? null : { id: rule.id, name: rule.name },
    alertId,
    author,
    reason,
    guard,
    liftedAt: decision.liftedAt === null ? null : new Date(decision.liftedAt).toISOString(),
    liftedBy,
    allowedBy,
  };
}

/** One that was added just now. */
export const freshWire = (decision: StoredDecision): Decision =>
  decisionWire({ decision, state: 'active', allowedBy: [] }, decision.startsAt);
