import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { storable } from '../storable.js';
import { textArray } from './text-array.js';

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());

test('PostgreSQL reads the values that were written', async () => {
  const odd = fc.constantFrom('', 'null', '\\', '"', '\n', '\\n', '{,}', '\u2028', ' x ', '\t"\\');
  const text = fc.oneof(odd, fc.string({ unit: 'binary' }).map(storable));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { maxLength: 8 }), async (values) => {
      const [{ read }] = await pg.database.query<{ read: unknown }[]>('SELECT $1::text[] AS read', [textArray(values)]);
      expect(read).toEqual(values);
    }),
    { numRuns: 300 },
  );
});
