import { type Network, overlaps } from '#libs/silencing';
import { blockedNetwork, type GuardReason } from './decision.js';
import type { Target } from './target.js';

/** Rule that the guard's own alerts are of. */
export const guardRule = 'weir-decision-guard';

/** Wider ranges than these block more than one network of somebody's. */
const BITS_MIN = { 4: 16, 6: 32 } as const;

export interface GuardOptions {
  /** Never blocked, nor any network that one of them is in. */
  ownNetworks: readonly Network[];
  /** Decisions that one rule may raise in a minute of the log's own clock. */
  perMinuteMax: number;
}

/** Why this must not be blocked, whoever asks; null: it may be. How many a minute are too many is counted elsewhere. */
export function forbidden(
  { scope, value }: Target,
  { ownNetworks }: Pick<GuardOptions, 'ownNetworks'>,
): Exclude<GuardReason, 'rate'> | null {
  if (value === '') return 'value';
  const network = blockedNetwork({ scope, value });
  if (!network) return scope === 'Ip' || scope === 'Range' ? 'value' : null;
  if (network.bits < BITS_MIN[network.family]) return 'wide';
  return ownNetworks.some((own) => overlaps(own, network)) ? 'own' : null;
}
