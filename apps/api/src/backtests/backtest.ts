import Type, { type Static } from 'typebox';
import { BacktestReport } from '#libs/backtest';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const text = Type.String({ minLength: 1, maxLength: 1024 * 1024, description: 'YAML' });

/** Rules of one backtest. */
export const rulesMax = 50;

export const NewBacktest = Type.Object(
  {
    rules: Type.Optional(
      Type.Array(
        Type.Union([
          Type.String({ minLength: 1, description: 'The id or name of a rule that is there, whatever its state' }),
          Type.Object(
            { text, file: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })) },
            {
              additionalProperties: false,
              description: 'Rules that need not be there; in place of those of their ids',
            },
          ),
        ]),
        {
          minItems: 1,
          maxItems: rulesMax,
          description: 'May be left out with `exception`: all rules whose events it takes out',
        },
      ),
    ),
    from: Type.Optional(Type.String({ description: 'Event time, or so long ago (`-7d`). Default: all of the log' })),
    to: Type.Optional(Type.String({ description: 'The first event time that is not in the range. Default: now' })),
    thresholds: Type.Optional(
      Type.Array(Type.Number(), {
        maxItems: 16,
        description: 'Limits to hold the rules against, beside their own. Default: some around their own',
      }),
    ),
    exception: Type.Optional(
      Type.Object(
        { text },
        {
          additionalProperties: false,
          description: 'Filters that are not there: the report says what they would silence',
        },
      ),
    ),
    write: Type.Optional(
      Type.Boolean({ description: 'Write the alerts of the rules as they stand, marked as raised afterwards' }),
    ),
  },
  { additionalProperties: false },
);
export type NewBacktest = Static<typeof NewBacktest>;

const states = ['running', 'done', 'failed', 'cancelled'] as const;

export const Backtest = Type.Object({
  id: Type.String(),
  state: Type.Enum([...states]),
  rules: Type.Array(Type.String({ description: 'Their names' })),
  from: Nullable(Type.String({ format: 'date-time' })),
  to: Nullable(Type.String({ format: 'date-time' })),
  thresholds: Type.Array(Type.Number()),
  write: Type.Boolean(),
  actor: Type.String({ description: 'The id of the key that asked for it' }),
  createdAt: Type.String({ format: 'date-time' }),
  endedAt: Nullable(Type.String({ format: 'date-time' })),
  progress: Type.Object({
    records: Type.Integer({ description: 'Read so far' }),
    of: Type.Integer({ description: 'To be read; 0: not known yet' }),
  }),
  error: Nullable(Type.Object({ code: Type.String(), detail: Type.String() })),
});
export type Backtest = Static<typeof Backtest>;

export const BacktestDetail = Type.Object({
  ...Backtest.properties,
  report: Nullable(BacktestReport),
});
export type BacktestDetail = Static<typeof BacktestDetail>;

export const BacktestList = Type.Object({ items: Type.Array(Backtest), next: Type.Null() });
