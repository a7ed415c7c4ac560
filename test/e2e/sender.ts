import { setTimeout as delay } from 'node:timers/promises';

/** Events that go out in one request. */
export interface Batch {
  body: string;
  /** `source` and `id` of each of its events. */
  identities: readonly string[];
}

const retryMs = 25;
/** A patient client's. */
export const requestMs = 10_000;

/**
 * A client as it should be: what was not acknowledged is sent again as it was. Knows of every event whether it was
 * acknowledged, and how often it may have reached the log.
 */
export class Sender {
  /** By event acknowledged: in how many requests it went out. One that nobody took, for nobody listened, is none. */
  readonly acknowledged = new Map<string, number>();
  retries = 0;
  private url: string | null = null;
  private key = '';

  /** `patienceMs`: how long it waits for the next answer; asked before each request. */
  constructor(private readonly patienceMs: () => number = () => requestMs) {}

  /** Where Weir runs now; requests wait while it is null. */
  aim(url: string | null, key = this.key): void {
    this.url = url;
    this.key = key;
  }

  /** Resolves once the batch is acknowledged. Rejects where Weir refuses it for good. */
  async send({ body, identities }: Batch): Promise<void> {
    for (let sent = 1; ; ) {
      const answer = await this.attempt(body);
      if (answer === 'acknowledged') {
        for (const identity of identities) this.acknowledged.set(identity, sent);
        return;
      }
      if (answer === 'unknown') sent++;
      this.retries++;
      await delay(retryMs);
    }
  }

  private async attempt(body: string): Promise<'acknowledged' | 'unknown' | 'not sent'> {
    if (this.url === null) return 'not sent';
    const headers = { 'content-type': 'application/x-ndjson', 'x-api-key': this.key };
    try {
      const signal = AbortSignal.timeout(this.patienceMs());
      const response = await fetch(`${this.url}/api/v1/ingest/ndjson`, { method: 'POST', headers, body, signal });
      const answer = (await response.json()) as { rejected?: unknown[]; detail?: string };
      if (response.ok && answer.rejected?.length === 0) return 'acknowledged';
      if (response.status === 429 || response.status === 503) return 'unknown';
      throw new RangeError(`Refused with ${response.status}: ${JSON.stringify(answer)}`);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
      return cause?.code === 'ECONNREFUSED' ? 'not sent' : 'unknown';
    }
  }
}

/**
 * Events that were acknowledged and are missing, or that are there more often than they were sent. `copies`: how often
 * each is in the log.
 */
export function wrongCopies(acknowledged: ReadonlyMap<string, number>, copies: ReadonlyMap<string, number>): string[] {
  return [...acknowledged].flatMap(([identity, sent]) => {
    const found = copies.get(identity) ?? 0;
    return found >= 1 && found <= sent ? [] : [`${identity}: sent ${sent} times, ${found} times in the log`];
  });
}
