import type { Matchers } from '#libs/silencing';

/** `silence`: alerts bother nobody. `allowlist`: nor do decisions bite. */
export type SilenceKind = 'silence' | 'allowlist';
export type SilenceSource = 'api' | 'file';

export interface NewSilence {
  matchers: Matchers;
  /** Ms since the epoch; left out: now. */
  startsAt?: number;
  /** Null: until it is taken back. */
  endsAt: number | null;
  reason: string;
}

/** Times are ms since the epoch. */
export interface Silence {
  id: string;
  kind: SilenceKind;
  matchers: Matchers;
  startsAt: number;
  endsAt: number | null;
  /** Id of the key, or the file. */
  author: string;
  reason: string;
  source: SilenceSource;
  createdAt: number;
  /** Taken back. */
  endedAt: number | null;
  endedBy: string | null;
}

/** From when on it holds: it holds nothing back that was before it. */
export const holdsFrom = ({ startsAt, createdAt }: Silence): number => Math.max(startsAt, createdAt);

/** First moment at which it no longer holds; null: it holds until somebody takes it back. */
export function holdsUntil({ endsAt, endedAt }: Silence): number | null {
  if (endsAt === null || endedAt === null) return endsAt ?? endedAt;
  return Math.min(endsAt, endedAt);
}

export function holdsAt(silence: Silence, at: number): boolean {
  const until = holdsUntil(silence);
  return at >= holdsFrom(silence) && (until === null || at < until);
}
