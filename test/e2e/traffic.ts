import { Random } from '../../apps/weir/src/simulate/random.js';
import { planTraffic, type Traffic } from '../../apps/weir/src/simulate/traffic.js';
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
function* parts(seed: number): Generator<Traffic> {
  yield planTraffic({ seed, rate: 10, seconds: 3_600, start, attackers: each(all, 3) });
  const later = { seed: seed + 1, rate: 10, seconds: 70, start: start + 3 * hourMs };
  yield planTraffic({ ...later, attackers: each(quick, 2) });
}

/**
 * The traffic in requests of all sizes. Those of one part may go out side by side; the next part begins when what
 * they brought has been processed, so that time does not jump while something is on its way. The same seed gives the same.
 */
export function trafficBatches(seed: number): Batch[][] {
  const random = new Random(seed);
  return [...parts(seed)].map((part) => {
    const events = [...part.events()];
    const batches: Batch[] = [];
    while (events.length > 0) {
      const some = events.splice(0, 1 + random.int(batchEventsMax));
      batches.push({
        body: some.map((event) => `${JSON.stringify(event)}\n`).join(''),
        identities: some.map(({ source, id }) => `${source} ${id}`),
      });
    }
    return batches;
  });
}
