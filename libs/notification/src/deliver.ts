import { NotificationError } from './errors.js';
import { alertmanager } from './kinds/alertmanager.js';
import type { HttpKind } from './kinds/kind.js';
import { sendMail } from './kinds/mail.js';
import { slack } from './kinds/slack.js';
import { webhook } from './kinds/webhook.js';
import { post } from './post.js';
import { retryAfterMs } from './retry.js';
import type { Message, Target } from './target.js';

export type Outcome =
  | { kind: 'delivered'; status: number; problem: string | null }
  | { kind: 'failed'; status: number | null; problem: string; retryAfterMs: number | null };

export interface DeliverOptions {
  now: number;
  /** Networks that are not public and may be sent to all the same. */
  networks: readonly string[];
  /** What takes longer has failed. Default 10,000. */
  timeoutMs?: number;
}

/** How long a delivery takes at most. */
export const deliveryMsMax = 10_000;

const httpKinds: Readonly<Record<'webhook' | 'alertmanager' | 'slack', HttpKind>> = { webhook, alertmanager, slack };

/** Delivers a message once, or says why it did not work. Never rejects. */
export async function deliver(target: Target, message: Message, options: DeliverOptions): Promise<Outcome> {
  const { now, networks, timeoutMs = deliveryMsMax } = options;
  const { kind } = target.settings;
  try {
    if (kind === 'mail') {
      const sent = await inTime(sendMail(target, message, networks, timeoutMs), timeoutMs);
      return { kind: 'delivered', ...sent };
    }
    const request = httpKinds[kind](target, message, now);
    const headers = { ...request.headers, 'idempotency-key': message.key };
    const { status, retryAfter, excerpt } = await post({ ...request, headers }, networks, timeoutMs);
    if (status >= 200 && status < 300) return { kind: 'delivered', status, problem: null };
    const redirect = status >= 300 && status < 400 ? '; redirects are not followed' : '';
    const problem = `answered ${status}${redirect}${excerpt.trim() && `: ${excerpt.trim()}`}`;
    return { kind: 'failed', status, problem, retryAfterMs: retryAfterMs(retryAfter, now) };
  } catch (error) {
    const status =
      error instanceof NotificationError ? ((error.facts.status as number | null | undefined) ?? null) : null;
    return { kind: 'failed', status, problem: (error as Error).message, retryAfterMs: null };
  }
}

/** Whatever a library does about time-outs, nothing takes longer. */
async function inTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const said = `did not answer within ${timeoutMs / 1_000} s`;
    timer = setTimeout(() => reject(new NotificationError('TARGET_TOO_SLOW', said, { timeoutMs })), timeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
