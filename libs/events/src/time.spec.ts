import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime } from './time.js';

describe('parseTime', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-01-15T10:00:00.123Z', Date.UTC(2026, 0, 15, 10, 0, 0, 123)],
    ['2026-01-15t10:00:00.1z', Date.UTC(2026, 0, 15, 10, 0, 0, 100)],
    ['2026-01-15 10:00:00+02:00', Date.UTC(2026, 0, 15, 8)],
    ['2026-01-15T10:00:00.123456789-05:30', Date.UTC(2026, 0, 15, 15, 30, 0, 123)],
    ['2024-02-29T23:59:59.9999Z', Date.UTC(2024, 1, 29, 23, 59, 59, 999)],
    ['1969-12-31T23:59:59.5Z', -500],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['2017-01-01T00:59:60.25+01:00', Date.UTC(2017, 0, 1) + 250],
    ['0000-03-01T00:00:00Z', Date.parse('0000-03-01T00:00:00Z')],
  ])('reads %s', (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });

  it.each([
    '',
    '2026-01-15',
    '2026-01-15T10:00:00',
    '2026-01-15T10:00Z',
    '2026-01-15T10:00:00.Z',
    '2026-01-15T10:00:00,5Z',
    '2026-01-15T10:00:00+0200',
    '2026-01-15T10:00:00+02:60',
    '2026-01-15T10:00:00+24:00',
    '2026-01-15T10:00:00Zx',
    '2026-01-15T24:00:00Z',
    '2026-01-15T10:60:00Z',
    '2026-01-15T10:00:60Z',
    '2026-00-15T10:00:00Z',
    '2026-13-15T10:00:00Z',
    '2025-02-29T10:00:00Z',
    '1900-02-29T10:00:00Z',
    '2026-04-31T10:00:00Z',
    '2026-01-00T10:00:00Z',
    '2026/01/15T10:00:00Z',
    '+02026-01-15T10:00:00Z',
    'Thu, 15 Jan 2026 10:00:00 GMT',
    '２０２６-01-15T10:00:00Z',
  ])('refuses %j', (text) => {
    expect(parseTime(text)).toBeNaN();
  });

  it('agrees with Date on every instant and zone', () => {
    const instants = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(
        instants,
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        (date, hours, minutes) => {
          const local = date.toISOString().slice(0, -1);
          const zone = `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
          expect(parseTime(`${local}Z`)).toBe(date.getTime());
          expect(parseTime(`${local}+${zone}`)).toBe(date.getTime() - (hours * 60 + minutes) * 60_000);
          expect(parseTime(`${local}-${zone}`)).toBe(date.getTime() + (hours * 60 + minutes) * 60_000);
        },
      ),
    );
  });
});
