const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const daysMax = 366;

/** `90s`, `30m`, `4h`, `7d`, `1h30m` in milliseconds; null for anything else, for nothing and for more than a year. */
export function parseDuration(text: string): number | null {
  if (!/^(\d{1,9}[smhd])+$/.test(text)) return null;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g)) ms += Number(count) * units[unit];
  return ms > 0 && ms <= daysMax * units.d ? ms : null;
}
