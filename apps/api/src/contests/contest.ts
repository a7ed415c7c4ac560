import Type, { type Static } from 'typebox';
import { modes } from '#libs/ranking';
import type { Contest as StoredContest } from '#libs/storage';
import { Narrowing, planWire } from './round.js';

const instant = Type.String({ format: 'date-time' });
const title = Type.String({ minLength: 1, maxLength: 500 });
const halfLifeSeconds = Type.Integer({
  minimum: 60,
  maximum: 366 * 86_400,
  description: 'Trending: after so long a vote weighs half. Default: a day',
});
const discountingRules = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
  maxItems: 50,
  description: 'Names of rules whose alerts discount votes. Default: the rules over votes that ship',
});

const narrowing = Type.Union([Narrowing, Type.Null()], {
  description: 'How it comes down to its best; null, the default: it does not',
});

export const NewContest = Type.Object(
  {
    id: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$', description: 'As events name it in `contest`' }),
    title,
    mode: Type.Enum([...modes]),
    halfLifeSeconds: Type.Optional(halfLifeSeconds),
    discountingRules: Type.Optional(discountingRules),
    narrowing: Type.Optional(narrowing),
  },
  { additionalProperties: false },
);

export const ContestChange = Type.Object(
  {
    title: Type.Optional(title),
    state: Type.Optional(
      Type.Enum(['open', 'closed'], { description: 'Votes of a time after it was closed don’t count' }),
    ),
    halfLifeSeconds: Type.Optional(halfLifeSeconds),
    discountingRules: Type.Optional(discountingRules),
    narrowing: Type.Optional(narrowing),
  },
  { additionalProperties: false },
);

export const Contest = Type.Object({
  id: Type.String(),
  title: Type.String(),
  mode: Type.Enum([...modes]),
  state: Type.Enum(['open', 'closed']),
  closedAt: Type.Union([instant, Type.Null()]),
  halfLifeSeconds: Type.Integer(),
  discountingRules: Type.Array(Type.String()),
  narrowing: Type.Union([Narrowing, Type.Null()]),
  createdAt: instant,
});
export type Contest = Static<typeof Contest>;

export const DEFAULTS = {
  halfLifeSeconds: 86_400,
  discountingRules: [
    'vote-burst',
    'vote-ring',
    'vote-ring-slow',
    'vote-ring-network',
    'vote-shared-address',
    'new-account-flood',
    'new-account-flood-slow',
  ],
} as const;

export function contestWire({ closedAt, createdAt, narrowing, change: _, ...contest }: StoredContest): Contest {
  return {
    ...contest,
    discountingRules: [...contest.discountingRules],
    narrowing: planWire(narrowing),
    state: closedAt === null ? 'open' : 'closed',
    closedAt: closedAt === null ? null : new Date(closedAt).toISOString(),
    createdAt: new Date(createdAt).toISOString(),
  };
}
