import { Problem } from '../../../platform/src/index.js';

export const idempotencyHeader = {
  name: 'Idempotency-Key',
  required: false,
  description:
    'A request that is sent again with the same one, within a day, does nothing more and is answered as before',
};

/** Throws a 400 problem where it can't be a key. */
export function idempotencyKeyOf(given: string | undefined): string | undefined {
  if (given === undefined || /^[\x21-\x7e]{1,255}$/.test(given)) return given;
  throw new Problem(400, 'IDEMPOTENCY_KEY_INVALID', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
}
