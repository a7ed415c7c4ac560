import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { PostgresSnapshots } from './postgres-snapshots.js';

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());

const parts = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const chunksOf = (name: string) =>
  pg.database.query<{ length: number }[]>(
    'SELECT length(bytes) FROM computed.snapshot_chunk WHERE name = $1 ORDER BY number',
    [name],
  );
const textOf = async (snapshots: PostgresSnapshots, name: string) => (await snapshots.load(name))?.toString();

test('gives back what was saved last, by name', async () => {
  const snapshots = new PostgresSnapshots(pg.database);
  expect(await snapshots.load('a')).toBeNull();
  expect(await snapshots.load('b')).toBeNull();
  expect(await snapshots.save('a', 1, parts('one, ', '', 'two'))).toBe(true);
  expect(await snapshots.save('b', 7, parts('other'))).toBe(true);
  expect(await snapshots.save('a', 1, parts('again'))).toBe(true);
  expect(await snapshots.save('a', 2, parts('three'))).toBe(true);
  const other = new PostgresSnapshots(pg.database);
  expect(await textOf(other, 'a')).toBe('three');
  expect(await textOf(other, 'b')).toBe('other');
  await other.delete('a');
  expect(await other.load('a')).toBeNull();
});

test('large state lies in rows of bounded size, and empty state is state', async () => {
  const snapshots = new PostgresSnapshots(pg.database);
  expect(await snapshots.load('large')).toBeNull();
  const whole = randomBytes(9_000_001);
  await snapshots.save('large', 1, [whole.subarray(0, 5), whole.subarray(5, 6_000_000), whole.subarray(6_000_000)]);
  expect(whole.equals((await snapshots.load('large'))!)).toBe(true);
  const chunks = await chunksOf('large');
  expect(chunks).toHaveLength(3);
  for (const { length } of chunks) expect(length).toBeLessThan(4.1 * 2 ** 20);
  await snapshots.save('large', 2, [Buffer.alloc(9_000_001)]);
  expect((await chunksOf('large')).reduce((sum, { length }) => sum + length, 0)).toBeLessThan(10_000);
  await snapshots.save('large', 3, []);
  expect(await chunksOf('large')).toEqual([]);
  expect(await snapshots.load('large')).toEqual(Buffer.alloc(0));
});

test('an older position replaces nothing, except after a delete', async () => {
  const snapshots = new PostgresSnapshots(pg.database);
  await snapshots.load('order');
  expect(await snapshots.save('order', 20, parts('at 20'))).toBe(true);
  expect(await snapshots.save('order', 19, parts('at 19'))).toBe(false);
  expect(await textOf(snapshots, 'order')).toBe('at 20');
  await snapshots.delete('order');
  expect(await snapshots.save('order', 3, parts('at 3'))).toBe(true);
  expect(await textOf(snapshots, 'order')).toBe('at 3');
});

test('an owner before the newest one can save no more, however far it is', async () => {
  const [zombie, owner] = [new PostgresSnapshots(pg.database), new PostgresSnapshots(pg.database)];
  expect(await zombie.save('owned', 1, parts('never loaded'))).toBe(false);
  await zombie.load('owned');
  await zombie.save('owned', 10, parts('first'));
  expect(await textOf(owner, 'owned')).toBe('first');
  expect(await zombie.save('owned', 99, parts('from the past'))).toBe(false);
  expect(await owner.save('owned', 11, parts('second'))).toBe(true);
  expect(await textOf(zombie, 'owned')).toBe('second');
  expect(await zombie.save('owned', 12, parts('mine again'))).toBe(true);
  expect(await owner.save('owned', 13, parts('lost'))).toBe(false);
});

test('owners that load and save at once leave one of their snapshots, whole', async () => {
  const stores = Array.from({ length: 4 }, () => new PostgresSnapshots(pg.database));
  const text = (i: number, position: number) => `${i} at ${position} ${'x'.repeat(100_000)}`;
  await Promise.all(
    stores.map(async (store, i) => {
      for (let position = 1; position <= 10; position++) {
        await store.load('race');
        await store.save('race', position, parts(text(i, position)));
      }
    }),
  );
  const found = await textOf(stores[0], 'race');
  expect(stores.map((_, i) => text(i, 10))).toContain(found);
});

test('damaged bytes are not given out as state', async () => {
  const snapshots = new PostgresSnapshots(pg.database);
  await snapshots.load('damaged');
  await snapshots.save('damaged', 1, parts('some state that is long enough to be damaged in the middle'));
  await pg.database.query(
    `UPDATE computed.snapshot_chunk SET bytes = set_byte(bytes, 20, 255 - get_byte(bytes, 20)) WHERE name = 'damaged'`,
  );
  expect(await snapshots.load('damaged')).toEqual(Buffer.alloc(0));
});
