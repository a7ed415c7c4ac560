import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { day, ip, name, number, texts } from '../fields.js';

const ballot = Type.Object({
  contest: name,
  voter: name,
  ip: Type.Optional(ip),
  /** The day on which the voter's account was made. */
  accountCreatedOn: Type.Optional(day),
  /** The entries that the voter could choose from. */
  shown: Type.Optional(texts),
  entry: Type.Optional(name),
  value: Type.Optional(number),
  winner: Type.Optional(name),
  loser: Type.Optional(name),
  /** Best first. */
  ranking: Type.Optional(Type.Array(name, { minItems: 1 })),
});

const schema = Type.Refine(
  ballot,
  isOneKind,
  () => 'must hold exactly one of: entry (with value), winner and loser, ranking',
);

/** A vote for one entry, between two, or over several. */
export type Vote = Static<typeof ballot>;

export const vote = defineEventType({
  name: 'vote',
  schema,
  key: (data) => `${data.contest}\n${data.voter}`,
  actor: (data) => data.voter,
});

function isOneKind({ entry, winner, loser, ranking }: Vote): boolean {
  const isPair = winner !== undefined && loser !== undefined;
  const isHalfPair = (winner === undefined) !== (loser === undefined);
  return !isHalfPair && Number(entry !== undefined) + Number(isPair) + Number(ranking !== undefined) === 1;
}
