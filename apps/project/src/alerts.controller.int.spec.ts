import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock, systemClock } from '#libs/clock';
import { type Alert, type DeadLetter, topics } from '#libs/events';
import { type Log, openEmbeddedLog } from '#libs/log';
import { openDatabase, streamAlerts } from '#libs/storage';
import { createLogger, createMetrics } from '#libs/telemetry';
import { alertEvent } from '../../../libs/storage/testing/alert-event.js';
import { freeze, postmasterPid } from '../../../libs/storage/testing/freeze.js';
import { openTestDatabase, type TestDatabase } from '../../../libs/storage/testing/test-database.js';
import { LogTransport } from '../../platform/src/index.js';
import { ProjectModule } from './index.js';

let pg: TestDatabase;
let log: Log;
let logDirectory: string;
let running: INestMicroservice[];
let failures: unknown[];

beforeEach(async () => {
  pg = await openTestDatabase();
  logDirectory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
  await openLog();
  running = [];
  failures = [];
});
afterEach(async () => {
  for (const app of running) await app.close();
  await log.close();
  await pg.close();
  rmSync(logDirectory, { recursive: true, force: true });
});

async function openLog(): Promise<void> {
  log = await openEmbeddedLog({ directory: logDirectory, clock: systemClock });
  await log.createTopic(topics.alert, { partitions: 2 });
  await log.createTopic(topics.deadLetters, { partitions: 1 });
  for (const topic of ['vote', 'contest.entry', 'retract', 'share', 'relation', 'feedback', 'exposure'])
    await log.createTopic(topic, { partitions: 1 });
}

async function startProjecting(database: DataSource = pg.database): Promise<INestMicroservice> {
  const clock = new ManualClock(Date.UTC(2026, 0, 2));
  const guard = { ownNetworks: [], perMinuteMax: 100, beyondAddressesMax: 10 };
  const feeds = { pushFollowersMax: 1_000, inboxItemsMax: 500 };
  const ports = { log, clock, database, metrics: createMetrics(), logger: createLogger('silent'), guard, feeds };
  const app = await NestFactory.createMicroservice(ProjectModule.register(ports), {
    strategy: new LogTransport({ log, failed: (error) => failures.push(error) }),
    logger: false,
  });
  await app.listen();
  running.push(app);
  return app;
}

async function append(partition: number, values: readonly (Alert | string)[]): Promise<void> {
  const records = values.map((value) => ({
    partition,
    time: 0,
    value: Buffer.from(typeof value === 'string' ? value : cloudEvent(value)),
  }));
  await log.append(topics.alert, records);
}

function cloudEvent(data: Alert): string {
  const time = data.lastSeen;
  return JSON.stringify({ specversion: '1.0', id: 'x', source: '/weir/detect', type: 'alert', time, data });
}

const alertAt = (id: string, offset: number, changes: Partial<Alert> = {}) =>
  alertEvent({ id, position: { partition: 0, offset }, ...changes });

async function projected(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for await (const { id, events } of streamAlerts(pg.database)) found[id] = events;
  return found;
}

async function caughtUp(): Promise<boolean> {
  const { partitions } = await log.describe(topics.alert);
  const rows = await pg.database.query<{ partition: number; offset: string }[]>(
    `SELECT partition, "offset" FROM computed.projection_position WHERE projection = 'alerts'`,
  );
  return partitions.every(({ partition, next }) =>
    rows.some((r) => r.partition === partition && Number(r.offset) === next),
  );
}

/** Alerts that the group has not committed yet. */
async function groupLag(): Promise<number> {
  const { partitions } = await log.describe(topics.alert);
  const { positions } = await log.describeGroup('project.alerts');
  const committed = (wanted: number) => positions.find(({ partition }) => partition === wanted)?.offset ?? 0;
  return partitions.reduce((sum, { partition, next }) => sum + next - committed(partition), 0);
}

async function untilCaughtUp(): Promise<void> {
  // Of a PostgreSQL that was just killed, too: what is left of it may answer once more.
  await expect.poll(caughtUp).toBe(true);
}

test('alerts go from the log to the tables, also those written before; a restart goes on', async () => {
  await append(0, [alertAt('a', 1, { events: 1 }), alertAt('b', 2)]);
  const app = await startProjecting();
  await append(1, [alertAt('c', 3)]);
  await append(0, [alertAt('a', 4, { events: 9 })]);
  await untilCaughtUp();
  expect(await projected()).toEqual({ a: 9, b: 5, c: 5 });

  await app.close();
  await append(0, [alertAt('a', 5, { events: 10 })]);
  await startProjecting();
  await untilCaughtUp();
  expect(await projected()).toEqual({ a: 10, b: 5, c: 5 });
  expect(failures).toEqual([]);
});

test('PostgreSQL’s position counts, not the group’s: a new database is filled from the beginning', async () => {
  await append(0, [alertAt('a', 1), alertAt('b', 2)]);
  const app = await startProjecting();
  await untilCaughtUp();
  await app.close();
  await pg.database.query('TRUNCATE computed.alert, computed.alert_evidence, computed.projection_position');
  await startProjecting();
  await untilCaughtUp();
  expect(Object.keys(await projected())).toEqual(['a', 'b']);
});

test('a log that was begun anew is read from its start, though the database was further with the old one', async () => {
  await append(0, [alertAt('a', 1), alertAt('b', 2), alertAt('c', 3)]);
  const app = await startProjecting();
  await untilCaughtUp();
  await app.close();
  await log.close();
  rmSync(logDirectory, { recursive: true });
  await openLog();
  await append(0, [alertAt('d', 1)]);
  await startProjecting();
  await untilCaughtUp();
  expect(Object.keys(await projected())).toEqual(['a', 'b', 'c', 'd']);
  expect(failures).toEqual([]);
});

test('what can’t be read is put aside with its origin, and what follows is projected', async () => {
  await append(0, [alertAt('a', 1), 'not json', alertAt('b', 2)]);
  await startProjecting();
  await untilCaughtUp();
  expect(Object.keys(await projected())).toEqual(['a', 'b']);
  const letters = await log.read(topics.deadLetters, 0, 0);
  expect(letters.count).toBe(1);
  const letter = JSON.parse(letters.value(0).toString()) as DeadLetter;
  expect(letter).toMatchObject({ code: 'EVENT_NOT_JSON', origin: { topic: 'alert', partition: 0, offset: 1 } });
  expect(Buffer.from(letter.bytes, 'base64').toString()).toBe('not json');
});

test('PostgreSQL is killed again and again: everything lands once', async () => {
  const database = await openDatabase({ url: pg.url });
  await startProjecting(database);
  const expected: Record<string, number> = {};
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 20; i++) {
      const [id, events] = [`a${i % 7}`, round * 20 + i + 1];
      expected[id] = events;
      await append(0, [alertAt(id, events, { events })]);
      if (i === 5 + round) process.kill(postmasterPid(pg.directory), 'SIGKILL');
    }
    await untilCaughtUp();
  }
  await expect.poll(projected).toEqual(expected);
  await running.pop()!.close();
  await database.destroy();
});

test('what PostgreSQL forgot in a crash is read again, also where nothing follows it', async () => {
  await startProjecting();
  for (const events of [1, 2]) await append(events - 1, [alertAt(`a${events}`, events, { events })]);
  await untilCaughtUp();
  const forget = () =>
    pg.database.query(`DELETE FROM computed.alert; UPDATE computed.projection_position SET "offset" = 0`);
  await forget();
  await append(0, [alertAt('b', 3)]);
  await untilCaughtUp();
  expect(await projected()).toEqual({ a1: 1, a2: 2, b: 5 });
  await pg.database.query('TRUNCATE computed.alert, computed.projection_position');
  await append(1, [alertAt('c', 4)]);
  await untilCaughtUp();
  expect(await projected()).toEqual({ a1: 1, a2: 2, b: 5, c: 5 });
  expect(failures).toEqual([]);
});

test('alerts that were seen and not yet on disk when PostgreSQL was killed are there again', async () => {
  const database = await openDatabase({ url: pg.url });
  const app = await startProjecting(database);
  const expected: Record<string, number> = {};
  for (let round = 1; round <= 6; round++) {
    const id = `a${round}`;
    expected[id] = round;
    await append(round % 2, [alertAt(id, round, { events: round })]);
    await expect.poll(projected, { interval: 1 }).toHaveProperty(id);
    process.kill(postmasterPid(pg.directory), 'SIGKILL');
    // Nothing comes in: that something is missing shows by itself, before the group is said to have caught up.
    await expect.poll(groupLag).toBe(0);
    // Where the lag was nothing before the server was gone, it has to come back first.
    await expect.poll(projected).toEqual(expected);
  }
  await app.close();
  running.pop();
  await database.destroy();
});

test('PostgreSQL hangs in the midst of it: the batch is tried again, and lands once', async () => {
  const database = await openDatabase({ url: pg.url, statementTimeoutMs: 100, answerTimeoutMs: 300 });
  await startProjecting(database);
  await append(0, [alertAt('a', 1, { events: 1 })]);
  await untilCaughtUp();
  const thaw = freeze(pg.directory);
  await append(0, [alertAt('a', 2, { events: 2 }), alertAt('b', 3, { events: 3 })]);
  await expect.poll(() => failures.length).toBeGreaterThan(0);
  thaw();
  await untilCaughtUp();
  expect(await projected()).toEqual({ a: 2, b: 3 });
  await running.pop()!.close();
  await database.destroy();
});
