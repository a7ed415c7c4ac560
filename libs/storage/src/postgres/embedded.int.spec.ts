import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { killHard, startPostgresChild } from '../../testing/postgres-child.js';
import { type EmbeddedPostgres, type PostgresEvent, startEmbeddedPostgres } from './embedded.js';
import { isPostmasterOf } from './postmaster.js';

let directory: string;
let running: EmbeddedPostgres[];
let events: PostgresEvent[];

beforeEach(() => {
  // Of mode 0700: where we are root, the server's user can't walk there.
  directory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
  running = [];
  events = [];
});
afterEach(async () => {
  for (const server of running) await server.stop();
  // One that a failed test left behind.
  if (existsSync(join(directory, 'postgres', 'postmaster.pid')) && serverLives(pidOf()))
    process.kill(pidOf(), 'SIGQUIT');
  rmSync(directory, { recursive: true, force: true });
});

async function start(where = directory): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory: where, onEvent: (event) => events.push(event) });
  running.push(server);
  return server;
}

async function query<T>(url: string, text: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
}

const pidOf = (where = directory) =>
  Number(readFileSync(join(where, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
const serverLives = (pid: number) => isPostmasterOf(pid, join(directory, 'postgres'));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_000 && !(await condition()); i++) await new Promise((done) => setTimeout(done, 20));
  expect(await condition()).toBe(true);
}

describe('start and stop', () => {
  test('makes a durable database once, keeps it over a stop, and leaves nothing running', async () => {
    const server = await start();
    expect(events.map((event) => event.kind)).toEqual(['created', 'started']);
    await query(server.url, 'CREATE TABLE t AS SELECT 1 AS n');
    expect(await query(server.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    const [{ who }] = await query<{ who: number }>(server.url, 'SELECT current_setting($$port$$)::int AS who');
    expect(who).toBe(5432);
    const pid = pidOf();
    await server.stop();
    await server.stop();
    expect(serverLives(pid)).toBe(false);
    expect(existsSync(join(directory, 'postgres', 'postmaster.pid'))).toBe(false);

    const again = await start();
    expect(again.url).toBe(server.url);
    expect(await query(again.url, 'SELECT n FROM t')).toEqual([{ n: 1 }]);
    expect(events.map((event) => event.kind)).toEqual(['created', 'started', 'started']);
  });

  test('works in a folder whose path is longer than a socket’s may be', async () => {
    const deep = join(directory, 'a'.repeat(120), 'b'.repeat(80), 'with space and ü');
    const server = await start(deep);
    expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  test('a folder that holds something else is left alone, in one sentence', async () => {
    mkdirSync(join(directory, 'postgres'));
    writeFileSync(join(directory, 'postgres', 'letter.txt'), 'dear');
    await expect(start()).rejects.toMatchObject({
      code: 'POSTGRES_DIRECTORY',
      message: /not a PostgreSQL data folder/,
    });
    expect(readFileSync(join(directory, 'postgres', 'letter.txt'), 'utf8')).toBe('dear');
  });

  test('a server that can’t start says why', async () => {
    await (await start()).stop();
    writeFileSync(join(directory, 'postgres', 'PG_VERSION'), '12\n');
    await expect(start()).rejects.toMatchObject({ code: 'POSTGRES_START_FAILED', message: /initialized by .* 12/ });
  });

  test('a first start that was killed half-way is done over', async () => {
    const dead = spawn('true');
    await once(dead, 'exit');
    mkdirSync(join(directory, `postgres.new-${dead.pid}`));
    const server = await start();
    expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    expect(existsSync(join(directory, `postgres.new-${dead.pid}`))).toBe(false);
  });
});

describe('never two, never none', () => {
  test('the postmaster is killed: it is started again, and connections work again', async () => {
    const server = await start();
    await query(server.url, 'CREATE TABLE t AS SELECT 1 AS n');
    const idle = new Client({ connectionString: server.url });
    idle.on('error', () => {});
    await idle.connect();
    for (let round = 0; round < 3; round++) {
      const pid = pidOf();
      process.kill(pid, 'SIGKILL');
      await until(
        async () => !serverLives(pid) && (await query(server.url, 'SELECT n FROM t').catch(() => [])).length === 1,
      );
      expect(pidOf()).not.toBe(pid);
    }
    expect(events.filter((event) => event.kind === 'lost')).toHaveLength(3);
  });

  test('stopped in the middle of a restart, nothing is left running', async () => {
    const server = await start();
    process.kill(pidOf(), 'SIGKILL');
    await until(() => events.some((event) => event.kind === 'lost'));
    await server.stop();
    expect(existsSync(join(directory, 'postgres', 'postmaster.pid')) && serverLives(pidOf())).toBe(false);
  });

  test('our process is killed: the server lives, is adopted by the next, and stops with it', async () => {
    const killed = await startPostgresChild(directory);
    const pid = pidOf();
    await query(killed.url, 'CREATE TABLE t AS SELECT 1 AS n');
    await killHard(killed.process);
    expect(serverLives(pid)).toBe(true);

    const next = await start();
    expect(events).toMatchObject([{ kind: 'adopted', pid }]);
    expect(next.url).toBe(killed.url);
    expect(await query(next.url, 'SELECT n FROM t')).toEqual([{ n: 1 }]);

    // An adopted server is watched as well.
    process.kill(pid, 'SIGKILL');
    await until(() => events.at(-1)?.kind === 'started');
    expect(await query(next.url, 'SELECT n FROM t')).toEqual([{ n: 1 }]);
    const newPid = pidOf();
    await next.stop();
    expect(serverLives(newPid)).toBe(false);
  });

  test('both are killed: what was committed is there', async () => {
    const killed = await startPostgresChild(directory);
    await query(killed.url, 'CREATE TABLE t AS SELECT 1 AS n');
    const pid = pidOf();
    await killHard(killed.process);
    process.kill(pid, 'SIGKILL');
    const next = await start();
    expect(await query(next.url, 'SELECT n FROM t')).toEqual([{ n: 1 }]);
    expect(events.map((event) => event.kind)).toEqual(['started']);
  });

  test('two processes start at once: one server, and both may use it', async () => {
    const both = await Promise.all([startPostgresChild(directory), startPostgresChild(directory)]);
    const starts = both.map(({ lines }) => lines.find(({ kind }) => kind === 'started' || kind === 'adopted'));
    expect(starts[0]!.pid).toBe(starts[1]!.pid);
    expect(starts.map((line) => line!.kind).sort()).toEqual(['adopted', 'started']);
    for (const { url } of both) expect(await query(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    for (const { process: child } of both) await killHard(child);
    await start();
  });

  test('a stale postmaster.pid whose id went to another process does not stop the start', async () => {
    await (await start()).stop();
    const { uid, gid } = statSync(join(directory, 'postgres'));
    const stranger = spawn('sleep', ['60'], { uid, gid });
    try {
      const path = join(directory, 'postgres', 'postmaster.pid');
      writeFileSync(path, `${stranger.pid}\n${directory}/postgres\n1\n5432\n/tmp\n\n1 1\nready   \n`);
      chownSync(path, uid, gid);
      const server = await start();
      expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
      expect(stranger.exitCode).toBeNull();
    } finally {
      stranger.kill();
    }
  });
});

describe.runIf(process.getuid?.() === 0)('who runs it', () => {
  const nobody = { uid: 65534, gid: 65534 };

  test('root runs it as nobody, an ordinary user as itself; root goes on with what the user made', async () => {
    chownSync(directory, nobody.uid, nobody.gid);
    const user = await startPostgresChild(directory, nobody);
    const pid = pidOf();
    await killHard(user.process);
    const root = await start();
    expect(events).toMatchObject([{ kind: 'adopted', pid }]);
    expect(await query(root.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await root.stop();

    events.length = 0;
    const again = await start();
    expect(statSync(`/proc/${pidOf()}`).uid).toBe(nobody.uid);
    await again.stop();
  });

  test('root goes on with a copy that it restored as root', async () => {
    await (await start()).stop();
    execFileSync('chown', ['-R', '0:0', join(directory, 'postgres')]);
    const server = await start();
    expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  test('an ordinary user is told whose folder it is', async () => {
    await (await start()).stop();
    chownSync(directory, nobody.uid, nobody.gid);
    chownSync(join(directory, 'postgres'), 12345, 12345);
    await expect(startPostgresChild(directory, nobody)).rejects.toThrow(/belongs to another user \(id 12345\)/);
  });
});
