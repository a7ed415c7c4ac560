/**
 * RFC 3339 `date-time` → milliseconds since 1970-01-01T00:00:00Z, NaN where the text is none. The zone is required; `t`
 * and a space may stand for `T`, `z` for `Z`. Digits beyond the millisecond are dropped. A leap second (23:59:60 UTC)
 * is read as the first second of the next day, as POSIX clocks count it.
 */
export function parseTime(text: string): number {
  const length = text.length;
  if (length < 20 || length > 64) return Number.NaN;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const separator = text.charCodeAt(10);
  if (
    text.charCodeAt(4) !== dash ||
    text.charCodeAt(7) !== dash ||
    text.charCodeAt(13) !== colon ||
    text.charCodeAt(16) !== colon ||
    (separator !== upperT && separator !== lowerT && separator !== space)
  ) {
    return Number.NaN;
  }
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return Number.NaN;

  let at = 19;
  let millis = 0;
  if (text.charCodeAt(at) === dot) {
    const first = ++at;
    for (let weight = 100; at < length && isDigit(text.charCodeAt(at)); at++, weight /= 10) {
      if (weight >= 1) millis += (text.charCodeAt(at) - zero) * weight;
    }
    if (at === first) return Number.NaN;
  }
  const offset = zoneMinutes(text, at);
  const local = daysSinceEpoch(year, month, day) * 1_440 + hour * 60 + minute;
  const time = (local - offset) * 60_000 + second * 1_000 + millis;
  return second === 60 && !startsDay(time) ? Number.NaN : time;
}

/** Days from 1970-01-01 to a day of the Gregorian calendar; NaN where there is no such day. */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month))) return Number.NaN;
  // Years that begin in March put the leap day last (H. Hinnant, "chrono-compatible low-level date algorithms").
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Minutes east of UTC of the zone that ends the text at `at`; NaN where it is none. */
function zoneMinutes(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  if (sign === upperZ || sign === lowerZ) return at + 1 === text.length ? 0 : Number.NaN;
  if ((sign !== plus && sign !== dash) || at + 6 !== text.length || text.charCodeAt(at + 3) !== colon)
    return Number.NaN;
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return sign === dash ? -(hours * 60 + minutes) : hours * 60 + minutes;
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - zero) * 10 + ones - zero : Number.NaN;
}

const isDigit = (code: number): boolean => code >= zero && code <= zero + 9;
const startsDay = (time: number): boolean => ((time % 86_400_000) + 86_400_000) % 86_400_000 < 1_000;

const zero = 48;
const dash = 45;
const plus = 43;
const dot = 46;
const colon = 58;
const space = 32;
const upperT = 84;
const lowerT = 116;
const upperZ = 90;
const lowerZ = 122;
