import { canonicalScope, type Forbidden, forbidden, type GuardOptions, type Target } from '#libs/blocking';
import { isAddress, networkText, parseNetwork, widen } from '#libs/silencing';
import { invalidBody } from '../http/problems.js';

const reasons: Readonly<Record<Forbidden, string>> = {
  value: 'is no such value: an address for the scope Ip, a network such as 192.0.2.0/24 for Range',
  own: 'is in WEIR_OWN_NETWORKS, which nothing may block',
  wide: 'is too wide: at most a /16, or a /32 of IPv6',
};

/** Whom somebody wants to block, as bouncers write it. Throws a 422 problem where that may not be. */
export function targetOfBody(given: Target, guard: GuardOptions): Target {
  const scope = canonicalScope(given.scope);
  const target = { scope, value: canonicalValue(scope, given.value) };
  const reason = forbidden(target, guard);
  if (reason !== null) throw invalidBody([{ field: 'value', message: reasons[reason] }]);
  return target;
}

/** As decisions have it; empty where the scope is one of addresses and that is none. */
export function canonicalValue(scope: string, value: string): string {
  if (scope !== 'Ip' && scope !== 'Range') return value;
  const network = parseNetwork(value);
  if (!network || (scope === 'Ip' && !isAddress(network))) return '';
  return networkText(network);
}

/** What decisions about an address or network, or about one that it lies in, have as their value. */
export function valuesHolding(text: string): string[] | null {
  const network = parseNetwork(text);
  if (!network) return null;
  return Array.from({ length: network.bits + 1 }, (_, bits) => networkText(widen(network, bits)));
}
