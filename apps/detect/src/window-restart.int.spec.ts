import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from '#libs/clock';
import { Matcher } from '#libs/detection';
import { type Alert, topics } from '#libs/events';
import { batchOfRecords, type Log, type LogRecord, openEmbeddedLog } from '#libs/log';
import { FolderSnapshots } from '#libs/stream';
import { createMetrics } from '#libs/telemetry';
import { FaultyDisk } from '../../../libs/log/testing/faulty-disk.js';
import { failedLogin, options, plan, start } from '../testing/guessing.js';
import { Urgency } from './urgency.js';
import { WindowController } from './window.controller.js';

let directory: string;
let disk: FaultyDisk;
let log: Log;
let clock: ManualClock;
let warnings: Record<string, unknown>[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
  disk = new FaultyDisk();
  log = await openEmbeddedLog({ directory: join(directory, 'log'), clock: systemClock, openFile: disk.open });
  for (const topic of [topics.matches, topics.alert, 'login']) await log.createTopic(topic, { partitions: 1 });
  clock = new ManualClock(start);
  warnings = [];
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

const snapshotsFolder = () => join(directory, 'snapshots');

async function assigned(): Promise<{ stage: WindowController; from: number }> {
  const logged = new Writable({
    write(line: Buffer, _encoding, done) {
      warnings.push(JSON.parse(line.toString()));
      done();
    },
  });
  const stage = new WindowController(
    {
      log,
      clock,
      plans: { current: plan, subscribe: () => {} },
      snapshots: new FolderSnapshots(snapshotsFolder()),
      metrics: createMetrics(),
      logger: pino({ level: 'warn' }, logged),
      options,
    },
    new Urgency(),
  );
  const [from] = await stage.assigned([{ topic: topics.matches, partition: 0, offset: 0, metadata: '' }]);
  return { stage, from };
}

/** Steps all that there is from an offset on, so many records at once. */
async function run(stage: WindowController, from: number, recordsMax = 1): Promise<void> {
  for (let offset = from; ; ) {
    const batch = await log.read(topics.matches, 0, offset, { recordsMax });
    if (batch.count === 0) break;
    await stage.window(batch);
    offset = batch.nextOffset;
  }
  await stage.tick();
}

const end = (stage: WindowController) => stage.revoked([{ partition: 0 }]);

interface Login {
  second: number;
  ip: number;
}

/** Logins that are in the log already, or are appended now, as hits: so many events a record. */
async function hitsOf(logins: readonly Login[], eventsMax: number): Promise<LogRecord[]> {
  const records = logins.map(({ second, ip }, i) => ({
    ...failedLogin(`${i}`, second, `192.0.2.${ip}`),
    recordedAt: start + i,
  }));
  const { next } = (await log.describe('login')).partitions[0];
  if (records.length > next) await log.append('login', records.slice(next));
  const matcher = new Matcher(plan, options);
  const matches: LogRecord[] = [];
  for (let at = 0; at < records.length; at += eventsMax) {
    const rest = batchOfRecords('login', 0, at, records.slice(at, at + eventsMax));
    matches.push(...matcher.match([rest], start).matches);
  }
  return matches;
}

async function written(): Promise<Alert[]> {
  const batch = await log.read(topics.alert, 0, 0);
  return Array.from({ length: batch.count }, (_, i) => JSON.parse(batch.value(i).toString()).data as Alert);
}

/** As a reader of the topic sees them who applies a record only if its position is newer. */
async function outcome(): Promise<unknown[]> {
  const latest = new Map<string, Alert>();
  for (const alert of await written()) {
    const known = latest.get(alert.id);
    if (!known || known.position.offset < alert.position.offset) latest.set(alert.id, alert);
  }
  return [...latest.values()]
    .map(({ id, state, group, openedAt, firstSeen, lastSeen, closedAt, peak, events, evidence }) => ({
      id,
      state,
      group,
      times: [openedAt, firstSeen, lastSeen, closedAt],
      peak,
      events,
      evidence: evidence.map(({ offset }) => offset),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

// Two addresses; late ones, and a pause after which the first begins a second episode.
const logins: Login[] = [10, 20, 15, 30, 5, 31, 32, 400, 390, 410, 420, 401].flatMap((second, i) => [
  { second, ip: 1 },
  ...(i % 2 === 0 ? [{ second: second + 1, ip: 2 }] : []),
]);

async function calmOutcome(): Promise<unknown[]> {
  const { stage, from } = await assigned();
  await run(stage, from);
  return outcome();
}

describe('the window stage', () => {
  it('gives the same alerts when a crash makes it read everything again, in whatever batches', async () => {
    await log.append(topics.matches, await hitsOf(logins, 1));
    const calm = await calmOutcome();
    expect(calm.length).toBeGreaterThanOrEqual(3);
    const before = (await written()).length;
    for (const recordsMax of [1, 3, 100]) {
      const { stage, from } = await assigned();
      expect(from).toBe(0);
      await run(stage, from, recordsMax);
    }
    expect((await written()).length).toBeGreaterThan(before);
    expect(await outcome()).toEqual(calm);
  });

  it('goes on from its snapshot, wherever it was taken', async () => {
    const hits = await hitsOf(logins, 2);
    await log.append(topics.matches, hits);
    const calm = await calmOutcome();
    for (let cut = 1; cut < hits.length; cut++) {
      rmSync(snapshotsFolder(), { recursive: true, force: true });
      const first = await assigned();
      for (let offset = 0; offset < cut; offset++) {
        await first.stage.window(await log.read(topics.matches, 0, offset, { recordsMax: 1 }));
      }
      await end(first.stage);
      const second = await assigned();
      expect(second.from).toBe(cut);
      await run(second.stage, cut);
      expect(await outcome()).toEqual(calm);
    }
  });

  it('is not moved by a second writer, or one that crashed before it committed, that wrote hits again', async () => {
    const hits = await hitsOf(logins, 2);
    await log.append(topics.matches, hits);
    const calm = await calmOutcome();
    const alerts = (await written()).length;
    const { stage, from } = await assigned();
    await run(stage, from);
    const again = (await written()).length;
    for (const eventsMax of [1, 3, 100]) await log.append(topics.matches, await hitsOf(logins, eventsMax));
    await run(stage, hits.length);
    expect((await written()).length).toBe(again);
    expect(again).toBe(2 * alerts);
    expect(await outcome()).toEqual(calm);
  });

  it('says that a snapshot is damaged, and builds its state anew from the log', async () => {
    await log.append(topics.matches, await hitsOf(logins, 2));
    const { stage, from } = await assigned();
    await run(stage, from);
    await end(stage);
    const calm = await outcome();
    const [file] = readdirSync(snapshotsFolder());
    const bytes = readFileSync(join(snapshotsFolder(), file));
    for (const damage of [
      bytes.fill(7, bytes.length >> 1, (bytes.length >> 1) + 4),
      bytes.subarray(0, 20),
      Buffer.alloc(0),
    ]) {
      writeFileSync(join(snapshotsFolder(), file), damage);
      warnings = [];
      const next = await assigned();
      expect(next.from).toBe(0);
      expect(warnings).toMatchObject([{ partition: 0, msg: expect.stringMatching(/^The snapshot is damaged/) }]);
      await run(next.stage, 0, 100);
      expect(await outcome()).toEqual(calm);
    }
  });

  it('does not go on from a snapshot that the log has not reached', async () => {
    await log.append(topics.matches, await hitsOf(logins, 1));
    const { stage, from } = await assigned();
    await run(stage, from);
    await end(stage);
    const calm = await outcome();
    await log.close();
    rmSync(join(directory, 'log'), { recursive: true });
    log = await openEmbeddedLog({ directory: join(directory, 'log'), clock: systemClock });
    for (const topic of [topics.matches, topics.alert, 'login']) await log.createTopic(topic, { partitions: 1 });
    const next = await assigned();
    expect(next.from).toBe(0);
    await log.append(topics.matches, await hitsOf(logins, 1));
    await run(next.stage, 0);
    expect(await outcome()).toEqual(calm);
  });

  it('takes no snapshot of what it could not say', async () => {
    await log.append(topics.matches, await hitsOf(logins, 100));
    const { stage } = await assigned();
    disk.roomBytes = 0;
    await expect(stage.window(await log.read(topics.matches, 0, 0))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    await expect(end(stage)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    disk.roomBytes = Number.POSITIVE_INFINITY;
    expect((await assigned()).from).toBe(0);
    // The same batch comes again: it is applied already, and said now.
    await stage.window(await log.read(topics.matches, 0, 0));
    await end(stage);
    expect((await assigned()).from).toBe(1);
    expect((await outcome()).length).toBeGreaterThanOrEqual(3);
  });

  it('takes snapshots as time passes, and closes what stayed quiet when time marks say so', async () => {
    await log.append(
      topics.matches,
      await hitsOf(
        [1, 2, 3].map((second) => ({ second, ip: 1 })),
        1,
      ),
    );
    const { stage, from } = await assigned();
    await run(stage, from);
    expect((await assigned()).from).toBe(0);
    clock.advance(10_000);
    await stage.tick();
    await expect.poll(async () => (await assigned()).from).toBe(3);
    const matcher = new Matcher(plan, options);
    matcher.resume('login', 0, { rememberFrom: null, newestMs: start + 3000, recordedMs: start + 3000 });
    for (const second of [60, 121, 125]) await log.append(topics.matches, matcher.marks(start + second * 1000));
    await run(stage, 3);
    const [opened, closed, ...rest] = await written();
    expect(rest).toEqual([]);
    expect(opened).toMatchObject({ state: 'open', closedAt: null });
    expect(closed).toMatchObject({ state: 'closed', closedAt: new Date(start + 121_000).toISOString() });
    expect(closed.revision).toBeGreaterThan(opened.revision);
  });

  it('numbers revisions the same however many records are read at once', async () => {
    const guesses = Array.from({ length: 12 }, (_, second) => ({ second, ip: 1 }));
    await log.append(topics.matches, await hitsOf(guesses, 1));
    const first = await assigned();
    for (let offset = 0; offset < 11; offset++) {
      await first.stage.window(await log.read(topics.matches, 0, offset, { recordsMax: 1 }));
      await first.stage.tick();
    }
    const second = await assigned(); // no snapshot was taken
    await second.stage.window(await log.read(topics.matches, 0, 0, { recordsMax: 11 }));
    await second.stage.window(await log.read(topics.matches, 0, 11, { recordsMax: 1 }));
    await second.stage.tick();
    const revisions = (await written())
      .toSorted((a, b) => a.position.offset - b.position.offset)
      .map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  });
});
