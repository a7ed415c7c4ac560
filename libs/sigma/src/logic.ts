import { type Scalar, type ScalarTest, type ViewTest } from './modifiers/modifier.js';
import { type FieldReader } from './reader.js';
import { type EventView, type FieldValue } from './types.js';

export const never: ViewTest = { on: 'view', cost: 0, test: () => false };
export const always: ViewTest = { on: 'view', cost: 0, test: () => true };

/** Every test holds; the cheapest is asked first. */
export function allOf(tests: readonly ViewTest[]): ViewTest {
  const sorted = tests.toSorted((a, b) => a.cost - b.cost);
  const [a, b, c] = sorted.map((t) => t.test);
  const cost = sorted.reduce((sum, t) => sum + t.cost, 0);
  if (!a) return always;
  if (!b) return sorted[0]!;
  if (sorted.length === 2) return { on: 'view', cost, test: (view) => a(view) && b(view) };
  if (sorted.length === 3) return { on: 'view', cost, test: (view) => a(view) && b(view) && c!(view) };
  const each = sorted.map((t) => t.test);
  return { on: 'view', cost, test: (view) => every(each, view) };
}

/** Some test holds; the cheapest is asked first. */
export function anyOf(tests: readonly ViewTest[]): ViewTest {
  const sorted = tests.toSorted((a, b) => a.cost - b.cost);
  const [a, b] = sorted.map((t) => t.test);
  const cost = sorted.reduce((sum, t) => sum + t.cost, 0);
  if (!a) return never;
  if (!b) return sorted[0]!;
  if (sorted.length === 2) return { on: 'view', cost, test: (view) => a(view) || b(view) };
  const each = sorted.map((t) => t.test);
  return { on: 'view', cost, test: (view) => some(each, view) };
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
export function overField(field: FieldReader, { cost, test }: ScalarTest): ViewTest {
  const { slot, read } = field;
  const passes = (value: FieldValue) =>
    typeof value === 'object' ? someElement(value, test) : value !== undefined && test(value);
  const whole =
    slot === undefined ? (view: EventView) => passes(read(view)) : (view: EventView) => passes(view.value(slot));
  return { on: 'view', cost, test: whole };
}

function someElement(value: readonly FieldValue[] | null, test: (value: Scalar) => boolean): boolean {
  if (value === null) return false;
  for (const element of value)
    if (typeof element === 'object' ? someElement(element, test) : element !== undefined && test(element)) return true;
  return false;
}
