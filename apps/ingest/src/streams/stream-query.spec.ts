import { expect, test } from 'vitest';
import { parseStreamQuery } from './stream-query.js';

test('everything that a stream can be told', () => {
  const query = { source: 'file:abc', position: '4096', type: 'login', year: '2017', zone: '+02:00' };
  expect(parseStreamQuery(query)).toEqual({
    source: 'file:abc',
    position: 4096,
    type: 'login',
    year: 2017,
    zoneMinutes: 120,
  });
  expect(parseStreamQuery({})).toEqual({});
});

test.each([
  ['Z', 0],
  [' 05:30', 330],
  ['-08:00', -480],
])('zone %s', (zone, minutes) => {
  expect(parseStreamQuery({ zone })).toMatchObject({ zoneMinutes: minutes });
});

test.each([
  [{ yaer: '2017' }, 'yaer is not known here; there are source, position, type, year, zone.'],
  [{ year: ['2017', '2018'] }, 'year was given more than once.'],
  [{ year: '17' }, 'year must be a whole number from 1970 to 9999.'],
  [{ zone: 'CET' }, 'zone must be Z or an offset, such as +02:00.'],
  [{ position: '5' }, 'position needs a source that names the file.'],
  [{ source: 'file:a', position: '-5' }, `position must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`],
  [{ source: 'two words' }, 'source must be a URI-reference of at most 2048 characters, such as file:abc.'],
  [{ type: 'alert' }, /^type must be one of api.call, /],
  [{ type: 'nonsense' }, /^type must be one of api.call, .*, log\.$/],
])('%j is refused', (query, detail) => {
  expect(() => parseStreamQuery(query)).toThrow(detail);
});
