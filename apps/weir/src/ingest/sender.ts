import { setTimeout as delay } from 'node:timers/promises';
import { refusal, type WeirClient } from '../client/client.js';
import { CommandError } from '../errors.js';

/** One item that Weir did not take: its place in the body, and why. */
export interface RejectedItem {
  index: number;
  reason: string;
}

export interface Answer {
  accepted: number;
  rejected: RejectedItem[];
}

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;
/** A Weir that was there and is gone may be restarting: so long it is waited for. */
const ABSENCE_MS_MAX = 60_000;

/**
 * Sends bodies until Weir has acknowledged them. An answer of 429 or 503 is waited out, however long it takes; so is
 * a Weir that goes away for less than ABSENCE_MS_MAX once it has answered. Nothing is given up in silence.
 */
export class Sender {
  private answered = false;

  constructor(
    private readonly client: WeirClient,
    private readonly signal: AbortSignal,
    /** Told in a few words what is waited for, and null when it goes on. */
    private readonly waiting: (why: string | null) => void,
  ) {}

  /** Rejects with a CommandError: NOT_RUNNING, KEY_REFUSED, REQUEST_REFUSED; STOPPED once the signal aborts. */
  async send(path: string, body: Buffer, contentType: string): Promise<Answer> {
    const patience = { attempt: 0, absentSince: null as number | null };
    for (;;) {
      const response = await this.attempt(path, body, contentType, patience);
      if (response?.ok) {
        if (patience.attempt > 0) this.waiting(null);
        return answerOf(await response.json());
      }
      if (response && response.status !== 429 && response.status !== 503)
        throw await refusal(response, this.client.url);
      await this.pause(response, patience.attempt++);
    }
  }

  /** The answer, or null where none came but may still come. */
  private async attempt(path: string, body: Buffer, contentType: string, patience: { absentSince: number | null }) {
    try {
      const headers = { 'content-type': contentType };
      const response = await this.client.fetch(path, { method: 'POST', headers, body, signal: this.signal });
      this.answered = true;
      patience.absentSince = null;
      return response;
    } catch (error) {
      if (this.signal.aborted) throw stopped();
      const now = performance.now();
      patience.absentSince ??= now;
      if (!this.answered || now - patience.absentSince > ABSENCE_MS_MAX) throw error;
      return null;
    }
  }

  private async pause(response: Response | null, attempt: number): Promise<void> {
    const asked = Number(response?.headers.get('retry-after')) * 1_000;
    const backOff = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** attempt);
    const why = response ? (await refusal(response, this.client.url)).message : 'Weir does not answer.';
    this.waiting(why);
    await delay(Math.max(asked || 0, backOff), undefined, { signal: this.signal }).catch(() => {
      throw stopped();
    });
  }
}

function stopped(): CommandError {
  return new CommandError('STOPPED', 'Stopped before all was sent; the same command goes on from there.');
}

function answerOf(body: unknown): Answer {
  const { accepted, rejected } = body as { accepted: number; rejected?: { index: number; detail?: string }[] };
  return { accepted, rejected: (rejected ?? []).map(({ index, detail }) => ({ index, reason: detail ?? '' })) };
}
