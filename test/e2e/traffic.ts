import type { SimulatedEvent } from '../../apps/weir/src/simulate/event.js';
import { Random } from '../../apps/weir/src/simulate/random.js';
import { planTraffic } from '../../apps/weir/src/simulate/traffic.js';
import type { Batch } from './sender.js';

const start = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const batchEventsMax = 200;

/** Attackers who are done within two minutes, so that their alerts are certain to be open still when they were last seen. */
const quick = ['brute-force', 'web-brute-force', 'probing', 'crawling', 'flooding', 'many-recipients'];
const all = [...quick, 'credential-stuffing', 'low-and-slow', 'web-low-and-slow', 'mail-burst', 'same-text'];

const each = (kinds: readonly string[], count: number) => new Map(kinds.map((kind) => [kind, count]));

/** Alerts that opened before have come to their end when the traffic has; those that opened later have not. */
export const settledBefore = new Date(start + 2 * hourMs).toISOString();

/**
 * An hour with attackers of all kinds; then, two hours later, a minute of attacks that are still going on when the
 * traffic ends. So which alerts are closed at the end does not hang on how long the end is waited for.
 */
function* events(seed: number): Generator<SimulatedEvent> {
  yield* planTraffic({ seed, rate: 10, seconds: 3_600, start, attackers: each(all, 3) }).events();
  const later = { seed: seed + 1, rate: 10, seconds: 70, start: start + 3 * hourMs };
  yield* planTraffic({ ...later, attackers: each(quick, 2) }).events();
}

/** The traffic in requests of all sizes. The same seed gives the same. */
export function trafficBatches(seed: number): Batch[] {
  const random = new Random(seed);
  const batches: Batch[] = [];
  let lines: string[] = [];
  let identities: string[] = [];
  let size = 1;
  const finish = () => {
    if (lines.length > 0) batches.push({ body: lines.join(''), identities });
    lines = [];
    identities = [];
    size = 1 + random.int(batchEventsMax);
  };
  for (const event of events(seed)) {
    lines.push(`${JSON.stringify(event)}\n`);
    identities.push(`${event.source} ${event.id}`);
    if (lines.length >= size) finish();
  }
  finish();
  return batches;
}
