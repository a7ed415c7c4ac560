import { type Part, type Scalar } from './modifier.js';

/** `2025-10-24 23:52:38.276`, `2025-10-24T23:52:38Z`, `2025-10-24`: parts are taken as written, whatever the zone. */
const date = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?/i;

function part(name: string, min: number, max: number, of: (numbers: readonly number[]) => number): Part {
  return {
    kind: 'part',
    name,
    min,
    max,
    read: (value: Scalar) => {
      const found = typeof value === 'string' ? date.exec(value) : null;
      return found
        ? of(found.slice(1).map((digits) => (digits === undefined ? Number.NaN : Number(digits))))
        : Number.NaN;
    },
  };
}

export const minute = part('minute', 0, 59, ([, , , , minutes]) => minutes!);
export const hour = part('hour', 0, 23, ([, , , hours]) => hours!);
export const day = part('day', 1, 31, ([, , days]) => days!);
export const week = part('week', 1, 53, ([years, months, days]) => weekOf(years!, months!, days!));
export const month = part('month', 1, 12, ([, months]) => months!);
export const year = part('year', 0, 9999, ([years]) => years!);

const dayMs = 86_400_000;

/** ISO 8601: weeks begin on Monday, and the first is the one with the year's first Thursday. */
function weekOf(years: number, months: number, days: number): number {
  const at = Date.UTC(years, months - 1, days);
  const weekday = (new Date(at).getUTCDay() + 6) % 7;
  const thursday = at + (3 - weekday) * dayMs;
  const firstDay = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return 1 + Math.floor((thursday - firstDay) / dayMs / 7);
}
