import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '#libs/clock';
import { Problem } from './problem.js';

/** Requests that one key may make in a minute; null: any number. Public routes have no quota. */
export interface RequestsPerMinute {
  /** Routes with the scope `ingest`. */
  ingest: number | null;
  /** All others. */
  api: number | null;
}

const WINDOW_SECONDS = 60;

/** One policy: how often each key came in the minute that all share. Forgets them all when it is over. */
class Quota {
  private readonly taken = new Map<string, number>();
  private startedMs = 0;
  private readonly policyField: string;

  constructor(
    private readonly name: string,
    private readonly requestsMax: number,
    private readonly clock: Clock,
  ) {
    this.policyField = `"${name}";q=${requestsMax};w=${WINDOW_SECONDS}`;
  }

  /** Counts one request of the key, says in the headers what is left, and throws a 429 problem where nothing is. */
  take(key: string, reply: FastifyReply): void {
    const resetSeconds = this.secondsLeft();
    const taken = (this.taken.get(key) ?? 0) + 1;
    const remaining = Math.max(0, this.requestsMax - taken);
    // On the raw response, so that streams that bypass fastify have them too.
    reply.raw.setHeader('ratelimit-policy', this.policyField);
    reply.raw.setHeader('ratelimit', `"${this.name}";r=${remaining};t=${resetSeconds}`);
    if (taken > this.requestsMax) throw this.exceeded(resetSeconds);
    this.taken.set(key, taken);
  }

  private secondsLeft(): number {
    const now = this.clock.now();
    const passedMs = now - this.startedMs;
    // The clock may have been set back, too.
    if (passedMs >= 0 && passedMs < WINDOW_SECONDS * 1_000) return WINDOW_SECONDS - Math.floor(passedMs / 1_000);
    this.startedMs = now;
    this.taken.clear();
    return WINDOW_SECONDS;
  }

  private exceeded(resetSeconds: number): Problem {
    const { name: policy, requestsMax } = this;
    const detail = `This key made its ${requestsMax} requests of this minute; go on in ${resetSeconds} s, or with fewer.`;
    return new Problem(429, 'QUOTA_EXCEEDED', detail, { policy, requestsMax }, { 'retry-after': String(resetSeconds) });
  }
}

/**
 * How often each key may ask, said in the fields `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-10. Keys are known ones, so that there are not more counts than keys.
 */
export class Quotas {
  private readonly ingest: Quota | null;
  private readonly api: Quota | null;

  constructor({ ingest, api }: RequestsPerMinute, clock: Clock) {
    this.ingest = ingest === null ? null : new Quota('ingest', ingest, clock);
    this.api = api === null ? null : new Quota('api', api, clock);
  }

  /** Counts a request that was let in; throws a 429 problem where its key has none left. */
  take(request: FastifyRequest, reply: FastifyReply): void {
    const quota = request.routeOptions.config.scope === 'ingest' ? this.ingest : this.api;
    if (request.principal) quota?.take(request.principal.id, reply);
  }
}
