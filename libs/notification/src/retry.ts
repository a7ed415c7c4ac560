const baseMs = 1_000;
const capMs = 3_600_000;
/** A target that asks for more is asked again after this. */
const retryAfterMsMax = 86_400_000;

/** Exponential back-off with full jitter: any time up to twice as long as before. `random`: from 0 to 1. */
export function backoffMs(attempts: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** Math.min(attempts, 30)));
}

/** What `Retry-After` asks for, seconds or a date; null: nothing that is understood. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  const ms = /^\d{1,10}$/.test(text) ? Number(text) * 1_000 : /[a-z]/i.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), retryAfterMsMax) : null;
}
