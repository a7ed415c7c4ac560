import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freeze } from '../../testing/freeze.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { openDatabase } from './open-database.js';

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());

const withParameters = (change: (url: URL) => void) => {
  const url = new URL(pg.url);
  change(url);
  return url.href;
};

test('several at once: one migrates, the others wait, all work', async () => {
  await pg.database.query(
    'DROP SCHEMA computed CASCADE; DROP SCHEMA decided CASCADE; DROP SCHEMA sent CASCADE; DROP TABLE weir_migration',
  );
  const opened = await Promise.all([1, 2, 3].map(() => openDatabase({ url: pg.url })));
  for (const database of opened) {
    expect(await database.query('SELECT count(*)::int AS n FROM computed.alert')).toEqual([{ n: 0 }]);
    await database.destroy();
  }
  const twice = 'SELECT name FROM weir_migration GROUP BY name HAVING count(*) > 1';
  expect(await pg.database.query(twice)).toEqual([]);
});

test('a database of a newer version is refused, and not changed', async () => {
  await pg.database.query(`INSERT INTO weir_migration (timestamp, name) VALUES (9999, 'Later9999')`);
  await expect(openDatabase({ url: pg.url })).rejects.toMatchObject({ code: 'DATABASE_NEWER', message: /Later9999/ });
  await pg.database.query(`DELETE FROM weir_migration WHERE name = 'Later9999'`);
  await (await openDatabase({ url: pg.url })).destroy();
});

test('statements do not run for ever', async () => {
  const database = await openDatabase({ url: pg.url, statementTimeoutMs: 50 });
  await expect(database.query('SELECT pg_sleep(5)')).rejects.toThrow(/statement timeout/);
  await database.destroy();
});

test('a server that hangs is not waited for, and its connections are given up', async () => {
  const database = await openDatabase({
    url: pg.url,
    connectionsMax: 2,
    statementTimeoutMs: 100,
    answerTimeoutMs: 300,
  });
  const ask = () => database.query('SELECT 1 AS one');
  await Promise.all([ask(), ask()]);
  const thaw = freeze(pg.directory);
  const hanging = await Promise.allSettled([database.transaction((manager) => manager.query('SELECT 1')), ask()]);
  for (const outcome of hanging) expect(outcome).toMatchObject({ reason: { message: 'Query read timeout' } });
  thaw();
  for (let i = 0; i < 5; i++) expect(await ask()).toEqual([{ one: 1 }]);
  await database.destroy();
});

test('nobody there', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  const url = `postgresql://me:secret@127.0.0.1:${port}/weir`;
  const error = await openDatabase({ url }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', message: /WEIR_DATABASE_URL/ });
  expect(JSON.stringify([error, (error as Error).message])).not.toContain('secret');
});

test('not let in: the user, the database', async () => {
  const refused = { code: 'DATABASE_REFUSED', message: /WEIR_DATABASE_URL/ };
  await expect(openDatabase({ url: withParameters((url) => (url.username = 'other')) })).rejects.toMatchObject(refused);
  await expect(openDatabase({ url: withParameters((url) => (url.pathname = '/none')) })).rejects.toMatchObject(refused);
});

test('a user who may not make schemas', async () => {
  await pg.database.query('CREATE ROLE guest');
  await pg.database.query('CREATE DATABASE guarded');
  const url = withParameters((changed) => {
    changed.pathname = '/guarded';
    changed.searchParams.set('options', '-c role=guest');
  });
  await expect(openDatabase({ url })).rejects.toMatchObject({ code: 'DATABASE_FORBIDDEN', message: /CREATE/ });
});

test('the server goes away and comes back: later queries work', async () => {
  let lost = 0;
  const database = await openDatabase({ url: pg.url, applicationName: 'returning', onConnectionLost: () => lost++ });
  await database.query('SELECT 1');
  await pg.database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'returning'`,
  );
  await new Promise((done) => setTimeout(done, 100));
  expect(await database.query('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  expect(lost).toBeGreaterThan(0);
  await database.destroy();
});

test('a server that is killed in the very moment it lets us in', async () => {
  const message = (type: string, body: string) => {
    const head = Buffer.from(`${type}\0\0\0\0`);
    head.writeUInt32BE(4 + body.length, 1);
    return Buffer.concat([head, Buffer.from(body)]);
  };
  const welcome = [message('R', '\0\0\0\0'), message('Z', 'I')];
  const goodbye = message('E', 'SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0');
  const server = createServer((socket) => {
    // In one piece, so that the connection breaks before whoever asked for it has it.
    socket.once('data', () => socket.end(Buffer.concat([...welcome, goodbye])));
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as { port: number };
  const opening = openDatabase({ url: `postgresql://me@127.0.0.1:${port}/weir?sslmode=disable` });
  await expect(opening).rejects.toMatchObject({ name: 'StorageError' });
  await new Promise((done) => server.close(done));
});
