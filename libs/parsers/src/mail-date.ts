import { daysSinceEpoch } from '#libs/events';
import { monthOf } from './months.js';

const dateTime =
  /(\d{1,2})[ -]+([A-Za-z]{3})[a-z]*[ -]+(\d{2,4}),? +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: *([+-]\d{4}|[A-Za-z]{1,5}))?/;

const zones = new Map([
  ['EDT', -240],
  ['EST', -300],
  ['CDT', -300],
  ['CST', -360],
  ['MDT', -360],
  ['MST', -420],
  ['PDT', -420],
  ['PST', -480],
]);

/**
 * RFC 5322 date, also in its obsolete forms (two-digit years, named zones) → milliseconds since the epoch; NaN where it
 * is none, or its year is not from 1900 to 9998. A zone that is missing or unknown counts as UTC, as the RFC says.
 */
export function parseMailDate(text: string): number {
  const [, day, month, year, hour, minute, second = '0', zone = ''] = dateTime.exec(text) ?? [];
  if (minute === undefined) return Number.NaN;
  const full = fullYear(year);
  if (full < 1_900 || full > 9_998) return Number.NaN;
  const days = daysSinceEpoch(full, monthOf(capitalized(month)), Number(day));
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return Number.NaN;
  const minutes = days * 1_440 + Number(hour) * 60 + Number(minute) - zoneMinutes(zone);
  return minutes * 60_000 + Number(second) * 1_000;
}

function fullYear(year: string): number {
  const number = Number(year);
  if (year.length === 4) return number;
  return number + (year.length === 2 && number < 50 ? 2_000 : 1_900);
}

function zoneMinutes(zone: string): number {
  if (!/^[+-]/.test(zone)) return zones.get(zone.toUpperCase()) ?? 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3));
  return zone.startsWith('-') ? -minutes : minutes;
}

const capitalized = (word: string): string => word[0].toUpperCase() + word.slice(1).toLowerCase();
