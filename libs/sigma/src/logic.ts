import { type Scalar, type ScalarTest, type ViewTest } from './modifiers/modifier.js';
import { type FieldReader } from './reader.js';
import { fold } from './text.js';
import { type EventView, type FieldValue } from './types.js';

/** From this many literals on, a hash lookup is cheaper than comparing one by one. */
const lookupFrom = 4;

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

function some<T>(tests: readonly ((of: T) => boolean)[], of: T): boolean {
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

/** Joins the tests of a value list: long lists of literals become one lookup, parts share one folding of the field. */
export function anyValue(tests: readonly ScalarTest[], cased: boolean): ScalarTest {
  const literals = tests.filter((t) => t.exact !== undefined);
  const parts = tests.filter((t) => t.part !== undefined);
  const others = tests.filter((t) => t.exact === undefined && t.part === undefined);
  const joined = [
    ...(literals.length >= lookupFrom ? [lookup(literals, cased)] : literals),
    ...(parts.length > 1 ? [someParts(parts.map((t) => t.part!))] : parts),
    ...others,
  ].toSorted((a, b) => a.cost - b.cost);
  if (joined.length === 1) return joined[0]!;
  const each = joined.map((t) => t.test);
  const cost = joined.reduce((sum, t) => sum + t.cost, 0);
  const [a, b] = each;
  if (each.length === 2) return { on: 'scalar', cost, test: (v) => a!(v) || b!(v) };
  return { on: 'scalar', cost, test: (v) => some(each, v) };
}

function lookup(literals: readonly ScalarTest[], cased: boolean): ScalarTest {
  const texts = new Set(literals.map((t) => t.exact!));
  const numbers = new Set([...texts].filter((text) => String(Number(text)) === text).map(Number));
  return {
    on: 'scalar',
    cost: 3,
    test: (v) => (typeof v === 'number' ? numbers.has(v) : texts.has(cased ? String(v) : fold(String(v)))),
  };
}

function someParts(parts: readonly string[]): ScalarTest {
  return {
    on: 'scalar',
    cost: 6 + parts.length,
    test: (v) => {
      const text = fold(String(v));
      for (const part of parts) if (text.includes(part)) return true;
      return false;
    },
  };
}
