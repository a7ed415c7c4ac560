import { Problem } from '../../platform/src/index.js';
import type { Taken } from './batch.js';
import { batchItemsMax } from './limits.js';

/** The answer to a batch; a problem where not one of its items was taken. */
export function answerBatch(taken: Taken): Taken {
  const { accepted, rejected } = taken;
  if (accepted > 0 || rejected.length === 0) return taken;
  const detail = `None of the ${rejected.length} items was accepted; \`rejected\` says why, one by one.`;
  throw new Problem(422, 'EVENTS_REJECTED', detail, { accepted, rejected });
}

/** The answer to one event. */
export function answerOne(taken: Taken): Taken {
  const [rejected] = taken.rejected;
  if (!rejected) return taken;
  const { code, field, reason } = rejected;
  if (code === 'EVENT_NOT_JSON') throw new Problem(400, 'JSON_MALFORMED', `The body is not an event: ${reason}.`);
  throw new Problem(422, code, `The event was not accepted: ${reason}.`, { ...taken, ...(field && { field }) });
}

export function tooManyItems(items: number): Problem {
  const detail = `The batch has ${items} items; send at most ${batchItemsMax} at once.`;
  return new Problem(413, 'BATCH_TOO_LARGE', detail, { items, batchItemsMax });
}
