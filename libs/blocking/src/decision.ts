import { createHash } from 'node:crypto';
import type { Matchable, Network } from '#libs/silencing';
import { parseNetwork } from '#libs/silencing';

export const decisionTypes = ['ban', 'captcha', 'throttle'] as const;
export type DecisionType = (typeof decisionTypes)[number];

/** Why a decision that a rule asked for does not bite: see `guard.ts`. */
export type GuardReason = 'rate' | 'own' | 'wide' | 'value' | 'many';

/** Somebody is blocked, or would be. Times are ms since the epoch. */
export interface Decision {
  uuid: string;
  /** Of the uuid; for bouncers, which want a number. */
  id: number;
  type: DecisionType;
  /** What `value` is: `Ip`, `Range`, `Country`, `AS`, or what a rule says. */
  scope: string;
  value: string;
  startsAt: number;
  /** First moment at which it no longer holds. */
  until: number;
  durationMs: number;
  /** What allowlists look at: the rule and group that raised it, or its own scope and value. */
  subject: Matchable;
  /** Null: somebody decided it by hand. */
  alertId: string | null;
  guard: GuardReason | null;
  /** By hand: who, and why. */
  author: string | null;
  reason: string | null;
  liftedAt: number | null;
  liftedBy: string | null;
}

/** What CrowdSec calls those of people, so that bouncers that filter by origin know them. */
export const originOf = ({ alertId }: Decision): 'weir' | 'cscli' => (alertId === null ? 'cscli' : 'weir');

/** What a decision of people is to matchers. */
export const MANUAL = 'manual';

export function manualSubject(scope: string, value: string): Matchable {
  return { rule: { id: MANUAL, name: MANUAL }, severity: 'high', group: { [scope.toLowerCase()]: value } };
}

const known = new Map(['Ip', 'Range', 'Country', 'AS'].map((scope) => [scope.toLowerCase(), scope]));

/** As bouncers write it: case does not matter for those that they know. */
export function canonicalScope(scope: string): string {
  return known.get(scope.toLowerCase()) ?? scope;
}

/** Whether values of this scope are addresses or networks of them; those of others may stand for any number of people. */
export function isOfAddresses(scope: string): boolean {
  return scope === 'Ip' || scope === 'Range';
}

/** The network that a decision blocks; undefined where its scope is none of addresses. */
export function blockedNetwork({ scope, value }: Pick<Decision, 'scope' | 'value'>): Network | undefined {
  return isOfAddresses(scope) ? parseNetwork(value) : undefined;
}

/** The same uuid for the same text, for ever: a rebuild gives decisions the ids that bouncers know. */
export function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** A whole number of 52 bits, never 0: what every JSON parser can hold. */
export function numberOf(uuid: string): number {
  const digits = createHash('sha256').update(uuid).digest('hex').slice(0, 13);
  return Number.parseInt(digits, 16) || 1;
}
