import { compileRules, formatProblem } from '../src/index.js';
import { type Detection, type EventView, type FieldValue } from '../src/types.js';

type Fields = Readonly<Record<string, unknown>>;

/** For specs: a view of an event given as nested objects. */
export function viewOf(event: Fields, paths: readonly string[]): EventView {
  const values = paths.map((path) =>
    path.split('.').reduce<unknown>((at, step) => (at as Fields | undefined)?.[step], event),
  );
  return { value: (slot) => values[slot] as FieldValue, has: (slot) => values[slot] !== undefined };
}

/** For specs: the only detection of a rule text, as a function of the event's `data`. */
export function givenRule(text: string): { detection: Detection; matches: (data: Fields) => boolean } {
  const { detections, fields, problems } = compileRules([{ file: 'given.yml', text }]);
  const [detection] = detections;
  if (!detection || problems.length > 0) throw new TypeError(problems.map(formatProblem).join('\n'));
  return { detection, matches: (data) => detection.matches(viewOf({ type: detection.types[0], data }, fields.paths)) };
}

/** For specs: a rule over `log` events, from the lines of its `detection` block. */
export function givenDetection(...lines: string[]): (data: Fields) => boolean {
  const block = lines.map((line) => `  ${line}\n`).join('');
  return givenRule(`title: Given\nlogsource: {product: weir, service: log}\ndetection:\n${block}`).matches;
}

/** For specs: one item `field|modifiers: values` over `log` events. */
export function givenItem(item: string): (data: Fields) => boolean {
  return givenDetection('selection:', `  ${item}`, 'condition: selection');
}
