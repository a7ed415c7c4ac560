import { daysSinceEpoch } from '#libs/events';
import type { StreamContext } from './parser.js';

const dayMs = 86_400_000;

/** A date and time of day without year and zone, as RFC 3164 has it. */
export interface YearlessTime {
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/**
 * Gives the times of one stream their year and zone, in milliseconds since the epoch; NaN where there is no such day.
 *
 * Where the context names the year of the first line, later lines follow it over the turn of the year. Otherwise each
 * line is taken to be of the newest year in which it is not in the future (a day is allowed for clocks and zones).
 */
export function syslogClock(context: StreamContext): (time: YearlessTime) => number {
  const yearOf = context.year === undefined ? undefined : syslogYears(context.year);
  const zoneMs = (context.zoneMinutes ?? 0) * 60_000;
  return (time) => {
    const inYear = (year: number): number => millisIn(year, time) - zoneMs;
    if (yearOf !== undefined) return inYear(yearOf(time.month));
    const newest = context.receivedAt + dayMs;
    const thisYear = new Date(newest).getUTCFullYear();
    // 29 February may be up to eight years back.
    for (let year = thisYear + 1; year >= thisYear - 8; year--) {
      const millis = inYear(year);
      if (millis <= newest) return millis;
    }
    return Number.NaN;
  };
}

/**
 * The year of each line of a stream whose first line is of `year`, from the months in order: a step back by two months
 * or more is a new year (lines may be slightly out of order, also at its turn).
 */
export function syslogYears(year: number): (month: number) => number {
  let current = year;
  let last = 0;
  let justTurned = false;
  return (month) => {
    if (justTurned && last === 1 && month === 12) return current - 1;
    if (month <= last - 2) {
      current++;
      justTurned = true;
    } else if (month > 1) {
      justTurned = false;
    }
    last = month;
    return current;
  };
}

function millisIn(year: number, { month, day, hour, minute, second }: YearlessTime): number {
  // Whatever the zone, years of four digits remain.
  if (year < 1 || year > 9_998 || hour > 23 || minute > 59 || second > 60) return Number.NaN;
  return daysSinceEpoch(year, month, day) * dayMs + ((hour * 60 + minute) * 60 + second) * 1_000;
}
