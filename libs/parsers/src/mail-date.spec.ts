import { describe, expect, it } from 'vitest';
import { parseMailDate } from './mail-date.js';

describe('parseMailDate', () => {
  it.each([
    ['Thu, 22 Aug 2002 13:17:22 +0100', Date.UTC(2002, 7, 22, 12, 17, 22)],
    ['22 Aug 2002 13:17 -0430 (VET)', Date.UTC(2002, 7, 22, 17, 47)],
    ['Thu, 22 Aug 02 13:17:22 EDT', Date.UTC(2002, 7, 22, 17, 17, 22)],
    ['Mon, 1 January 99 00:00:00 GMT', Date.UTC(1999, 0, 1)],
    ['Mon, 1 Jan 100 00:00:00', Date.UTC(2000, 0, 1)],
  ])('%s', (text, millis) => {
    expect(parseMailDate(text)).toBe(millis);
  });

  it.each([
    '',
    'yesterday',
    '1 Jan 0000 00:00:00 +0100',
    '31 Dec 9999 23:00:00 -0500',
    '32 Jan 2002 10:00:00 +0000',
    '1 Foo 2002 10:00:00',
    '1 Jan 2002 25:00:00',
  ])('not %j', (text) => {
    expect(parseMailDate(text)).toBeNaN();
  });
});
