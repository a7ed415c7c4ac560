import { fold } from '../text.js';
import { type FieldValue } from '../types.js';
import { type Operator, type Scalar } from './modifier.js';

/** Tests for the field itself, whatever its value, be it empty or null. */
export const exists: Operator = {
  kind: 'operator',
  name: 'exists',
  compile: ({ value, node }, { field, problem }) => {
    if (typeof value !== 'boolean')
      return problem(node, '`exists` needs `true` or `false`', 'Write `field|exists: true`');
    return { on: 'view', cost: 1, test: (view) => field.has(view) === value };
  },
};

/** Both fields are there and hold an equal value (for arrays: share one). */
export const fieldref: Operator = {
  kind: 'operator',
  name: 'fieldref',
  compile: ({ value, node }, { field, flags, otherField }) => {
    const other = otherField(String(value), node);
    if (!other) return undefined;
    const same = flags.has('cased') ? equalText : equalFolded;
    return {
      on: 'view',
      cost: 8,
      test: (view) => {
        const theirs = elements(other.read(view));
        return elements(field.read(view)).some((a) => theirs.some((b) => same(a, b)));
      },
    };
  },
};

function equalText(a: Scalar, b: Scalar): boolean {
  return String(a) === String(b);
}

function equalFolded(a: Scalar, b: Scalar): boolean {
  return fold(String(a)) === fold(String(b));
}

function elements(value: FieldValue): Scalar[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') return [value];
  // An object is no value.
  return Array.isArray(value) ? value.flatMap((element: FieldValue) => (isScalar(element) ? [element] : [])) : [];
}

function isScalar(value: FieldValue): value is Scalar {
  return value !== undefined && value !== null && typeof value !== 'object';
}
