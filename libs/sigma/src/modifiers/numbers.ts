import { type Operator, type Scalar } from './modifier.js';

export const gt = comparison('gt', (field, value) => field > value);
export const gte = comparison('gte', (field, value) => field >= value);
export const lt = comparison('lt', (field, value) => field < value);
export const lte = comparison('lte', (field, value) => field <= value);

/** Compares numbers; a field that is the text of a number counts as that number, any other text never matches. */
function comparison(name: string, holds: (field: number, value: number) => boolean): Operator {
  return {
    kind: 'operator',
    name,
    compile: ({ value, node }, { problem }) => {
      if (typeof value !== 'number')
        return problem(node, `\`${name}\` needs a number`, 'Write a number without quotes');
      return { on: 'scalar', cost: 1, test: (v) => holds(typeof v === 'number' ? v : numberOf(v), value) };
    },
  };
}

/** NaN, which no comparison holds for, unless the value is the text of a number. */
function numberOf(value: Scalar): number {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}
