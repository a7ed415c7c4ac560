import { isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '#libs/clock';
import { Problem } from './problem.js';

const WINDOW_MS = 60_000;
/** More addresses, or keys and addresses, than these are not remembered: the oldest are forgotten. */
const REMEMBERED_MAX = 10_000;

/**
 * How many wrong keys and failed sign-ins each client address sent in the minute that all share. Beyond the limit every
 * key from there is refused, also a right one, so that guessing tells nothing; but for those that came from there before:
 * one sender with an old key must not lock out those beside it, behind the same proxy. Memory is bounded.
 */
export class WrongKeys {
  private readonly wrongs = new Map<string, number>();
  private readonly rights = new Set<string>();
  private startedMs = 0;

  constructor(
    private readonly wrongMax: number,
    private readonly clock: Clock,
  ) {}

  /** The key was right. Throws a 429 problem where it may be a guess. */
  right(request: FastifyRequest, id: string): void {
    const address = addressOf(request);
    const known = `${address} ${id}`;
    if (this.rights.has(known)) return;
    this.check(address);
    if (this.rights.size >= REMEMBERED_MAX) this.rights.delete(this.rights.keys().next().value!);
    this.rights.add(known);
  }

  /** The key was wrong. Throws a 429 problem where too many were. */
  wrong(request: FastifyRequest): void {
    const address = addressOf(request);
    this.check(address);
    const count = this.wrongs.get(address) ?? 0;
    // Behind those that came since: who goes on is not the one to be forgotten.
    this.wrongs.delete(address);
    if (this.wrongs.size >= REMEMBERED_MAX) this.wrongs.delete(this.wrongs.keys().next().value!);
    this.wrongs.set(address, count + 1);
  }

  /** Throws a 429 problem where too many from there were wrong. */
  checkClient(request: FastifyRequest): void {
    this.check(addressOf(request));
  }

  private check(address: string): void {
    const passedMs = this.clock.now() - this.startedMs;
    // The clock may have been set back, too.
    if (passedMs < 0 || passedMs >= WINDOW_MS) {
      this.startedMs = this.clock.now();
      this.wrongs.clear();
      return;
    }
    if ((this.wrongs.get(address) ?? 0) < this.wrongMax) return;
    const seconds = Math.ceil((WINDOW_MS - passedMs) / 1_000);
    const said = `Too many wrong keys came from your address; try again in ${seconds} s, with a right one.`;
    throw new Problem(429, 'KEYS_WRONG', said, {}, { 'retry-after': String(seconds) });
  }
}

/** Who has one address of IPv6 has all of its /64. */
function addressOf({ ip }: FastifyRequest): string {
  const address = ip.replace(/^::ffff:(?=\d+\.)/, '');
  if (!isIPv6(address)) return address;
  const [head, tail = ''] = address.split('%', 1)[0].split('::');
  const given = head.split(':').filter((part) => part !== '');
  const missing = 8 - given.length - tail.split(':').filter((part) => part !== '').length;
  return [...given, ...Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':');
}
