import { type Scalar, type ScalarTest, type ViewTest } from './modifiers/modifier.js';
import { allNeeds, anyNeed, type Need, type NeededField } from './needs.js';
import { type FieldReader } from './reader.js';
import { type EventView, type FieldValue } from './types.js';

export const never: ViewTest = { on: 'view', cost: 0, test: () => false };
export const always: ViewTest = { on: 'view', cost: 0, test: () => true };

/** Every test holds; the cheapest is asked first. */
export function allOf(tests: readonly ViewTest[]): ViewTest {
  const sorted = tests.toSorted((a, b) => a.cost - b.cost);
  const [a, b, c] = sorted.map((t) => t.test);
  const cost = sorted.reduce((sum, t) => sum + t.cost, 0);
  const need = allNeeds(tests.map((t) => t.need));
  if (!a) return always;
  if (!b) return sorted[0]!;
  if (sorted.length === 2) return { on: 'view', cost, need, test: (view) => a(view) && b(view) };
  if (sorted.length === 3) return { on: 'view', cost, need, test: (view) => a(view) && b(view) && c!(view) };
  const each = sorted.map((t) => t.test);
  return { on: 'view', cost, need, test: (view) => every(each, view) };
}

/** Some test holds; the cheapest is asked first. */
export function anyOf(tests: readonly ViewTest[]): ViewTest {
  const sorted = tests.toSorted((a, b) => a.cost - b.cost);
  const [a, b] = sorted.map((t) => t.test);
  const cost = sorted.reduce((sum, t) => sum + t.cost, 0);
  const need = anyNeed(tests.map((t) => t.need));
  if (!a) return never;
  if (!b) return sorted[0]!;
  if (sorted.length === 2) return { on: 'view', cost, need, test: (view) => a(view) || b(view) };
  const each = sorted.map((t) => t.test);
  return { on: 'view', cost, need, test: (view) => some(each, view) };
}

// Plain loops: a callback here would be allocated for every event.
function every<T>(tests: readonly ((of: T) => boolean)[], of: T): boolean {
  for (const test of tests) if (!test(of)) return false;
  return true;
}

export function some<T>(tests: readonly ((of: T) => boolean)[], of: T): boolean {
  for (const test of tests) if (test(of)) return true;
  return false;
}

export function not(of: ViewTest): ViewTest {
  const { test } = of;
  return { on: 'view', cost: of.cost, test: (view) => !test(view) };
}

/** The field is absent or null. */
export function isNull(field: FieldReader): ViewTest {
  return {
    on: 'view',
    cost: 1,
    test: (view) => {
      const value = field.read(view);
      return value === undefined || value === null;
    },
  };
}

/** Some element of the field passes; absent and null fields never do. */
export function overField(field: FieldReader, { cost, test, literals }: ScalarTest): ViewTest {
  const { slot, read } = field;
  const passes = (value: FieldValue) =>
    typeof value === 'object' ? someElement(value, test) : value !== undefined && test(value);
  const whole =
    slot === undefined ? (view: EventView) => passes(read(view)) : (view: EventView) => passes(view.value(slot));
  return { on: 'view', cost, need: needOf({ key: field.key, deep: false, read: field.read }, literals), test: whole };
}

/** An event's values are looked through this deep; ingest takes no deeper ones. */
const depthMax = 64;

/** Some value of the event passes, wherever it stands in it. */
export function overEvent(slot: number, { cost, test, literals }: ScalarTest): ViewTest {
  const read = (view: EventView) => view.value(slot);
  const need = needOf({ key: `*${slot}`, deep: true, read }, literals);
  return { on: 'view', cost: 200 + cost, need, test: (view) => someValue(read(view), test, 0) };
}

function needOf(field: NeededField, literals: ScalarTest['literals']): Need | undefined {
  return literals && { kind: 'literals', field, literals };
}

/** Shows what a needed field holds in an event, value by value: all that the tests of a rule are asked about it. */
export function visitNeeded({ deep, read }: NeededField, view: EventView, visit: (value: Scalar) => false): void {
  const value = read(view);
  if (deep) someValue(value, visit, 0);
  else if (typeof value === 'object') someElement(value, visit);
  else if (value !== undefined) visit(value);
}

export function someValue(value: unknown, test: (value: Scalar) => boolean, depth: number): boolean {
  if (value === null || value === undefined || depth > depthMax) return false;
  if (typeof value !== 'object') return test(value as Scalar);
  if (Array.isArray(value)) {
    for (const element of value) if (someValue(element, test, depth + 1)) return true;
    return false;
  }
  for (const key in value) if (someValue((value as Record<string, unknown>)[key], test, depth + 1)) return true;
  return false;
}

/** An object is no value: its fields are named by their own paths. */
export function someElement(value: unknown, test: (value: Scalar) => boolean, depth = 0): boolean {
  if (!Array.isArray(value) || depth > depthMax) return false;
  for (const element of value as FieldValue[])
    if (typeof element === 'object' ? someElement(element, test, depth + 1) : element !== undefined && test(element))
      return true;
  return false;
}
