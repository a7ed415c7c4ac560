import { describe, expect, it } from 'vitest';
import { contextOf } from '../testing/outcome.js';
import { syslogClock, syslogYears } from './syslog-time.js';

const at = (month: number, day: number, hour = 0) => ({ month, day, hour, minute: 0, second: 0 });

describe('the year of a line', () => {
  it('is by default the newest in which the line is not in the future', () => {
    const clock = syslogClock(contextOf({ receivedAt: Date.UTC(2026, 0, 2) }));
    expect(clock(at(12, 31, 23))).toBe(Date.UTC(2025, 11, 31, 23));
    expect(clock(at(1, 1))).toBe(Date.UTC(2026, 0, 1));
    // A clock that is a little ahead.
    expect(clock(at(1, 2, 12))).toBe(Date.UTC(2026, 0, 2, 12));
    expect(clock(at(1, 4))).toBe(Date.UTC(2025, 0, 4));
    expect(clock(at(2, 29))).toBe(Date.UTC(2024, 1, 29));
    expect(clock(at(2, 30))).toBeNaN();
  });

  it('begins with the one given, and turns after December', () => {
    const years = syslogYears(2016);
    expect([11, 12, 12, 1, 12, 1, 1, 2, 12, 11, 12, 1].map(years)).toEqual([
      2016, 2016, 2016, 2017, 2016, 2017, 2017, 2017, 2017, 2017, 2017, 2018,
    ]);
    const clock = syslogClock(contextOf({ year: 2017 }));
    expect(clock(at(2, 29))).toBeNaN();
    expect(clock(at(3, 29))).toBe(Date.UTC(2017, 2, 29));
  });

  it('is counted in the zone given', () => {
    const clock = syslogClock(contextOf({ year: 2017, zoneMinutes: -300 }));
    expect(clock(at(12, 31, 22))).toBe(Date.UTC(2018, 0, 1, 3));
  });
});
