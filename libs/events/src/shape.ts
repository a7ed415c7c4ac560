import { eventDepthMax, exceedsBytes, stringBytesMax } from './limits.js';

export interface ShapeProblem {
  code: 'EVENT_TOO_DEEP' | 'EVENT_STRING_TOO_LONG' | 'EVENT_NUMBER_NOT_FINITE';
  field: string;
  reason: string;
}

/** Whether a value of parsed JSON, found at `field` and `depth`, keeps within the limits; the first breach otherwise. */
export function shapeProblem(value: unknown, field: string, depth: number): ShapeProblem | undefined {
  if (typeof value === 'string') {
    return exceedsBytes(value, stringBytesMax)
      ? { code: 'EVENT_STRING_TOO_LONG', field, reason: `${field} is longer than ${stringBytesMax} bytes: shorten it` }
      : undefined;
  }
  if (typeof value === 'number') {
    return Number.isFinite(value)
      ? undefined
      : { code: 'EVENT_NUMBER_NOT_FINITE', field, reason: `${field} is too large for a number: send it as a string` };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > eventDepthMax) {
    return {
      code: 'EVENT_TOO_DEEP',
      field,
      reason: `${field} is nested deeper than ${eventDepthMax} levels: flatten it`,
    };
  }
  for (const key in value) {
    const child = (value as Record<string, unknown>)[key];
    // Most values are short strings and numbers: they are judged here, without a call or a path.
    if (typeof child === 'string' ? child.length * 3 <= stringBytesMax : Number.isFinite(child)) continue;
    const problem = shapeProblem(child, Array.isArray(value) ? `${field}[${key}]` : `${field}.${key}`, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
