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

export interface Sending {
  body: Buffer;
  contentType: string;
  /** Gives events without ids of their own the same ones when they are sent again. */
  idempotencyKey?: string;
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
  async send(path: string, { body, contentType, idempotencyKey }: Sending): Promise<Answer> {
    const headers = new Headers({ 'content-type': contentType });
    if (idempotencyKey) headers.set('idempotency-key', idempotencyKey);
    const patience = { attempt: 0, absentSince: null as number | null };
    for (;;) {
      const response = await this.attempt(path, { method: 'POST', headers, body, signal: this.signal }, patience);
      if (response?.ok) {
        if (patience.attempt > 0) this.waiting(null);
        return answerOf(await response.json());
      }
      if (response && response.status !== 429 && response.status !== 503) return this.refused(response);
      await this.pause(response, patience.attempt++);
    }
  }

  /** The answer, or null where none came but may still come. */
  private async attempt(path: string, init: RequestInit, patience: { absentSince: number | null }) {
    try {
      const response = await this.client.fetch(path, init);
      const whole = new Response(await response.text(), response);
      this.answered = true;
      patience.absentSince = null;
      return whole;
    } catch (error) {
      if (this.signal.aborted) throw stopped();
      const now = performance.now();
      patience.absentSince ??= now;
      if (!this.answered || now - patience.absentSince > ABSENCE_MS_MAX) throw error;
      return null;
    }
  }

  /** Not one line was good: that is an answer, too. */
  private async refused(response: Response): Promise<Answer> {
    const problem = (await response
      .clone()
      .json()
      .catch(() => ({}))) as { code?: string };
    if (problem.code === 'EVENTS_REJECTED') return answerOf(problem);
    throw await refusal(response, this.client.url);
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
  const { accepted, rejected } = body as Answer;
  return { accepted, rejected: rejected.map(({ index, reason }) => ({ index, reason })) };
}
