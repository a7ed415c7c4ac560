import { Problem } from '../../platform/src/index.js';
import { tooManyItems } from './answer.js';
import { batchItemsMax } from './limits.js';

/** Throws a 400 problem where the body is no JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new Problem(400, 'JSON_MALFORMED', `The body is not JSON: ${(error as Error).message}.`);
  }
}

/** The items of a JSON array; a value that is none is the only item. Throws a 413 problem where they are too many. */
export function jsonItems(body: Buffer): readonly (object | string)[] {
  const parsed = parseJson(body) as object | string | readonly (object | string)[];
  const items = Array.isArray(parsed) ? (parsed as readonly (object | string)[]) : [parsed as object | string];
  if (items.length > batchItemsMax) throw tooManyItems(items.length);
  return items;
}

/** Whether the first character that is no white space opens an array. */
export function startsArray(body: Buffer): boolean {
  let at = 0;
  while (body[at] <= 32) at++;
  return body[at] === 0x5b;
}
