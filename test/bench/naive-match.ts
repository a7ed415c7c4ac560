import type { RecordBatch } from '#libs/log';
import type { Detection, FieldValue, RuleSet } from '#libs/sigma';

/** Reads each line as JSON and asks every rule in turn: what a rule engine without any design would do. */
export function askEach(rules: RuleSet, detections: readonly Detection[]): (batch: RecordBatch) => number {
  const paths = rules.fields.paths.map((path) => path.split('.'));
  return (batch) => {
    let matches = 0;
    for (let i = 0; i < batch.count; i++) {
      const event: unknown = JSON.parse(batch.value(i).toString());
      const values = paths.map((path) => valueAt(event, path));
      const view = { value: (slot: number) => values[slot], has: (slot: number) => values[slot] !== undefined };
      for (const detection of detections) if (detection.matches(view)) matches++;
    }
    return matches;
  };
}

function valueAt(event: unknown, path: readonly string[]): FieldValue {
  let at = event;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at as FieldValue;
}
