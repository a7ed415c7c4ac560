import { cidr } from './cidr.js';
import { base64, base64offset, utf16, utf16be, utf16le, wide } from './encodings.js';
import { expand } from './expand.js';
import { type Flag, type Modifier } from './modifier.js';
import { gt, gte, lt, lte } from './numbers.js';
import { exists, fieldref } from './presence.js';
import { i, m, re, s } from './regex.js';
import { contains, endswith, equals, startswith } from './strings.js';
import { day, hour, minute, month, week, year } from './time-parts.js';
import { windash } from './windash.js';

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
  windash,
  re,
  i,
  m,
  s,
  base64,
  base64offset,
  utf16le,
  utf16be,
  utf16,
  wide,
  lt,
  lte,
  gt,
  gte,
  minute,
  hour,
  day,
  week,
  month,
  year,
  cidr,
  expand,
  fieldref,
];

/** The comparison of a field without an operator. */
export const defaultOperator = equals;

/** Keywords are found anywhere in a value of the event. */
export const keywordOperator = contains;
