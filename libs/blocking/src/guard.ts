import { type Network, overlaps } from '#libs/silencing';
import { blockedNetwork, type GuardReason, isOfAddresses } from './decision.js';
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
  /** Values of other scopes than those of addresses (countries, providers, users) that one rule may ask for at a time. */
  beyondAddressesMax: number;
}

/** What holds for everybody; how many are too many holds for rules. */
export type Forbidden = Exclude<GuardReason, 'rate' | 'many'>;

/** Why this must not be blocked, whoever asks; null: it may be. How many a minute are too many is counted elsewhere. */
export function forbidden(
  { scope, value }: Target,
  { ownNetworks }: Pick<GuardOptions, 'ownNetworks'>,
): Forbidden | null {
  if (value === '') return 'value';
  const network = blockedNetwork({ scope, value });
  if (!network) return isOfAddresses(scope) ? 'value' : null;
  if (network.bits < BITS_MIN[network.family]) return 'wide';
  return ownNetworks.some((own) => overlaps(own, network)) ? 'own' : null;
}

/** What a rule asks for; times are ms since the epoch. */
export interface Asked {
  /** With its scope. */
  value: string;
  startsAt: number;
  until: number;
}

/**
 * Of what one rule asks for, in the order of its beginning, that which began while the rule asked for `max` other values
 * already. `before`: until when it asks for values that it began with earlier.
 *
 * What is refused is asked for all the same: so what is read later, whenever that began, can only refuse more. And a rule
 * that asks for the whole world is given nothing new until it asks for less.
 */
export function beyondMany<T extends Asked>(
  before: ReadonlyMap<string, number>,
  asked: readonly T[],
  max: number,
): T[] {
  const ends = new Map(before);
  return asked.filter(({ value, startsAt, until }) => {
    let others = 0;
    for (const [other, end] of ends) {
      if (others >= max) break;
      if (end <= startsAt) ends.delete(other);
      else if (other !== value) others++;
    }
    ends.set(value, Math.max(until, ends.get(value) ?? until));
    return others >= max;
  });
}
