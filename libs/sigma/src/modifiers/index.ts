import { cidr } from './cidr.js';
import { type Flag, type Later, type Modifier } from './modifier.js';
import { gt, gte, lt, lte } from './numbers.js';
import { exists, fieldref } from './presence.js';
import { i, m, re, s } from './regex.js';
import { contains, endswith, equals, startswith } from './strings.js';

const strings = ['equals', 'contains', 'startswith', 'endswith', 'fieldref'];

/** Every value of the list must match, where a list otherwise means any. */
const all: Flag = { kind: 'flag', name: 'all', goesWith: 'any' };
/** The field does not match: an absent field is different from every value. */
const neq: Flag = { kind: 'flag', name: 'neq', goesWith: 'any' };
const cased: Flag = { kind: 'flag', name: 'cased', goesWith: strings };

/** Every modifier of Sigma 2.1, in the order of its appendix. */
export const modifiers: readonly Modifier[] = [
  all,
  startswith,
  endswith,
  contains,
  exists,
  cased,
  neq,
  later('windash'),
  re,
  i,
  m,
  s,
  later('base64'),
  later('base64offset'),
  later('utf16le'),
  later('utf16be'),
  later('utf16'),
  later('wide'),
  lt,
  lte,
  gt,
  gte,
  later('minute'),
  later('hour'),
  later('day'),
  later('week'),
  later('month'),
  later('year'),
  cidr,
  later('expand'),
  fieldref,
];

/** The comparison of a field without an operator. */
export const defaultOperator = equals;

function later(name: string): Later {
  return { kind: 'later', name, hint: 'Write the values out without it' };
}
