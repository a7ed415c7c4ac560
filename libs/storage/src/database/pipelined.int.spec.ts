import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freeze } from '../../testing/freeze.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { openDatabase } from './open-database.js';
import { pipelined } from './pipelined.js';

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
  await pg.database.query('CREATE TABLE written (n integer PRIMARY KEY)');
});
afterAll(() => pg.close());
beforeEach(() => pg.database.query('TRUNCATE written'));

const insert = 'INSERT INTO written VALUES ($1)';
const written = async () =>
  (await pg.database.query<{ n: number }[]>('SELECT n FROM written ORDER BY n')).map(({ n }) => n);

test('what is sent is written in order, and answers come to who asked', async () => {
  const answer = await pipelined(pg.database, async (manager, send) => {
    send(insert, [1]);
    const [[{ one }], [{ two }]] = await Promise.all([
      manager.query<{ one: string }[]>('SELECT count(*) AS one FROM written'),
      manager.query<{ two: number }[]>('SELECT 2 AS two'),
    ]);
    send(insert, [two]);
    send('UPDATE written SET n = n + 10');
    return one;
  });
  expect(answer).toBe('1');
  expect(await written()).toEqual([11, 12]);
});

test.each([
  ['a statement that fails', (send: (sql: string, values: number[]) => void) => send(insert, [1])],
  ['one that is none', (send: (sql: string, values: number[]) => void) => send('INSERT INTO nowhere VALUES ($1)', [1])],
])('%s takes all the others with it, and the connection goes on', async (_, fail) => {
  const failing = pipelined(pg.database, async (_manager, send) => {
    send(insert, [1]);
    fail(send);
    send(insert, [3]);
  });
  await expect(failing).rejects.toThrow(/duplicate key|nowhere/);
  expect(await written()).toEqual([]);
  await Promise.all(
    Array.from({ length: 20 }, (_unused, i) => pipelined(pg.database, async (_manager, send) => send(insert, [i]))),
  );
  expect(await written()).toHaveLength(20);
});

test('whoever asks after a failure is told of the failure, not that the transaction is aborted', async () => {
  const failing = pipelined(pg.database, async (manager, send) => {
    send(insert, [1]);
    send(insert, [1]);
    await manager.query('SELECT 1');
  });
  await expect(failing).rejects.toThrow(/duplicate key/);
});

test('work that gives up writes nothing', async () => {
  const failing = pipelined(pg.database, async (_manager, send) => {
    send(insert, [1]);
    throw new RangeError('given up');
  });
  await expect(failing).rejects.toThrow('given up');
  expect(await written()).toEqual([]);
});

test('a server that hangs fails it, and is asked again when it answers', async () => {
  const database = await openDatabase({ url: pg.url, statementTimeoutMs: 100, answerTimeoutMs: 300 });
  try {
    const write = (n: number) => pipelined(database, async (_manager, send) => send(insert, [n]));
    await write(1);
    const thaw = freeze(pg.directory);
    const hanging = [write(2), write(3)];
    for (const outcome of await Promise.allSettled(hanging)) expect(outcome).toMatchObject({ status: 'rejected' });
    thaw();
    await write(4);
    expect(await written()).toEqual(expect.arrayContaining([1, 4]));
  } finally {
    await database.destroy();
  }
});
