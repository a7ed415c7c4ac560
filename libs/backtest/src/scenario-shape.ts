import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

export const verdicts = ['true-positive', 'false-positive'] as const;
export type Verdict = (typeof verdicts)[number];

const group = Type.Record(Type.String(), Type.String());

/** An alert as `alerts.json` has it; instants are RFC 3339 with milliseconds. */
const alertSchema = Type.Object({
  /** The rule's name. */
  rule: Type.String(),
  group,
  openedAt: Type.String(),
  firstSeen: Type.String(),
  lastSeen: Type.String(),
  value: Type.Number(),
  peak: Type.Number(),
  /** Left out where there is no baseline. */
  expected: Type.Optional(Type.Number()),
  events: Type.Integer(),
});
export type ScenarioAlert = Static<typeof alertSchema>;
export const alertsSchema = Type.Array(alertSchema);

/** Of a scenario that was made of an alert: which one, and what people said of it (`fixture.json`). */
export const fixtureSchema = Type.Object({
  alert: Type.String(),
  verdict: Type.Enum([...verdicts]),
  rule: Type.Object({ id: Type.String(), name: Type.String(), version: Type.Integer() }),
  group,
});
export type FixtureOf = Static<typeof fixtureSchema>;

/** Throws a SyntaxError that names the first field that is not as it must be. */
export function readShape<T extends TSchema>(schema: T, value: unknown): Static<T> {
  const validator = Compile(schema);
  if (validator.Check(value)) return value as Static<T>;
  const [{ instancePath, message }] = validator.Errors(value);
  throw new SyntaxError(`${instancePath.slice(1).replaceAll('/', '.') || 'it'} ${message}`);
}
