import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { type Alert, isAddress } from '#libs/events';

/** Alerts of one cause with no longer gap between them are one incident. */
export const INCIDENT_GAP_MS = 3_600_000;

/**
 * When an alert was is taken in such steps, begun ones as whole: so most of its revisions change nothing, and the gap
 * is known to the step.
 */
const STEP_MS = 600_000;

/** From when to when, ms since the epoch. */
export interface Span {
  begins: number;
  ends: number;
}

export function spanOf({ openedAt, lastSeen }: Pick<Alert, 'openedAt' | 'lastSeen'>): Span {
  const steps = (time: string) => Date.parse(time) / STEP_MS;
  return { begins: Math.floor(steps(openedAt)) * STEP_MS, ends: Math.ceil(steps(lastSeen)) * STEP_MS };
}

/** Alerts that nobody is told of are no part of an incident. */
export function isTold({ shadow, retro = false }: Pick<Alert, 'shadow' | 'retro'>): boolean {
  return !shadow && !retro;
}

/** Of one network: this many bits of the address are the same. */
const NETWORK_BITS = { ipv4: 24, ipv6: 64 } as const;

/**
 * What an alert may have in common with others. Of a group with IP addresses, whatever the fields are called: the
 * address, and the rule within the address's network. Of any other group: the group. Of none: the rule.
 */
export function causesOf({ rule, group }: Pick<Alert, 'rule' | 'group'>): string[] {
  const addresses = Object.values(group).filter((value) => typeof value === 'string' && isAddress(value));
  if (addresses.length === 0) {
    const fields = Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1));
    return [causeOf('group', fields.length > 0 ? fields : rule.id)];
  }
  const causes = (addresses as string[]).flatMap((text) => {
    const address = ipaddr.process(text);
    const bytes = address.toByteArray().slice(0, NETWORK_BITS[address.kind()] / 8);
    return [causeOf('address', address.toString()), causeOf('network', [rule.id, address.kind(), ...bytes])];
  });
  return [...new Set(causes)];
}

/** Short, whatever the values are: it is a key. */
function causeOf(kind: 'address' | 'network' | 'group', value: unknown): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([kind, value]))
    .digest('base64url');
  return `${kind}:${digest.slice(0, 22)}`;
}
