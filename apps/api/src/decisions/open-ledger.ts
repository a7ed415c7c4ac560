import { bouncersAsked, DecisionLedger } from '#libs/storage';
import type { ApiPorts } from '../ports.js';

/**
 * Who is blocked, for bouncers. Where some asked within the week it is read at once, beside all else, so that none of them
 * waits for that when it asks again: one that does so meanwhile waits for the rest of this. Where none did no memory is taken.
 */
export function openLedger({
  database,
  clock,
  metrics,
}: Pick<ApiPorts, 'database' | 'clock' | 'metrics'>): DecisionLedger {
  const ledger = new DecisionLedger(database, (kept, leftOut) => {
    metrics.weir_bouncer_decisions.set(kept);
    metrics.weir_bouncer_decisions_left_out.set(leftOut);
  });
  const readAhead = async () => {
    if (await bouncersAsked(database)) await ledger.upTo(clock.now());
  };
  // What could not be read, or not to its end before Weir stopped, is read for whoever asks first.
  readAhead().catch(() => {});
  return ledger;
}
