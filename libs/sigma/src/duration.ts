const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longest duration a rule may name; a window keeps the matches of its whole timespan. */
export const durationMaxMs = 366 * 86_400_000;

/** `90s`, `15m`, `4h`, `7d` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  return match ? Number(match[1]) * units[match[2]!]! : undefined;
}
