import { setTimeout as delay } from 'node:timers/promises';
import type { SimulatedEvent } from './event.js';

const BATCH_EVENTS_MAX = 1_000;
/** Live events wait so long at most for others to be sent with. */
const BATCH_MS = 100;

/** NDJSON batches of events, as fast as they are taken. */
export function* batches(events: Iterable<SimulatedEvent>): Generator<Buffer> {
  let lines: string[] = [];
  for (const event of events) {
    lines.push(`${JSON.stringify(event)}\n`);
    if (lines.length < BATCH_EVENTS_MAX) continue;
    yield Buffer.from(lines.join(''));
    lines = [];
  }
  if (lines.length > 0) yield Buffer.from(lines.join(''));
}

/** NDJSON batches of events, none before its events' time has come. `now` gives the time, ms. */
export async function* liveBatches(
  events: Iterable<SimulatedEvent>,
  now: () => number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let due: SimulatedEvent[] = [];
  let until = 0;
  for (const event of events) {
    const time = Date.parse(event.time);
    if (due.length > 0 && time >= until) {
      yield* batches(due);
      due = [];
    }
    if (due.length === 0) {
      until = Math.max(time, now()) + BATCH_MS; // what lies in the past goes out together
      await delay(Math.max(0, until - now()), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    due.push(event);
  }
  yield* batches(due);
}
