import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#libs/clock';
import { type EpisodeChange, Matcher, WindowPartition } from '#libs/detection';
import { type Alert, alert, topics } from '#libs/events';
import { batchOfRecords, type Log, openEmbeddedLog } from '#libs/log';
import { FaultyDisk } from '../../../libs/log/testing/faulty-disk.js';
import { failedLogin, options, plan, start } from '../testing/guessing.js';
import { AlertPublisher } from './alert-publisher.js';

let directory: string;
let disk: FaultyDisk;
let log: Log;
let matcher: Matcher;
let windows: WindowPartition;
let publisher: AlertPublisher;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
  disk = new FaultyDisk();
  log = await openEmbeddedLog({ directory, clock: systemClock, openFile: disk.open });
  for (const topic of [topics.alert, 'login']) await log.createTopic(topic, { partitions: 1 });
  matcher = new Matcher(plan, options);
  windows = new WindowPartition(0, plan, options);
  publisher = new AlertPublisher(log);
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

let events = 0;

/** Failed logins by their second, through match and window; what changed. `kept`: they are in the log as well. */
async function changed(seconds: readonly number[], kept = true, more = {}): Promise<EpisodeChange[]> {
  const records = seconds.map((second) => {
    events++;
    return { ...failedLogin(`${events}`, second, '192.0.2.1', more), recordedAt: start + events };
  });
  const { next } = (await log.describe('login')).partitions[0];
  if (kept) await log.append('login', records);
  const { matches } = matcher.match([batchOfRecords('login', 0, next, records)], start);
  return windows.apply(
    batchOfRecords(
      topics.matches,
      0,
      windows.position,
      matches.map((record) => ({ ...record, recordedAt: start })),
    ),
  );
}

const passed = (seconds: number) =>
  windows.apply(
    batchOfRecords(
      topics.matches,
      0,
      windows.position,
      matcher.marks(start + seconds * 1000).map((record) => ({ ...record, recordedAt: start + seconds * 1000 })),
    ),
  );

async function written(from = 0): Promise<Alert[]> {
  const batch = await log.read(topics.alert, 0, from);
  const alerts = Array.from({ length: batch.count }, (_, i) => {
    const event = JSON.parse(batch.value(i).toString());
    expect(event).toMatchObject({ specversion: '1.0', type: 'alert', subject: event.data.id });
    expect(alert.accepts(event.data)).toBe(true);
    expect(batch.key(i)?.toString()).toBe(alert.key(event.data));
    expect(batch.time(i)).toBe(Date.parse(event.data.lastSeen));
    return event.data as Alert;
  });
  return alerts.length === 0 ? [] : [...alerts, ...(await written(batch.nextOffset))];
}

const figures = (alerts: readonly Alert[]) => alerts.map(({ state, events, revision }) => [state, events, revision]);
const carried = ({ evidence }: Alert) =>
  evidence.filter(({ event }) => event !== undefined).map(({ offset }) => offset);

describe('AlertPublisher', () => {
  it('tells of an opened, a closed and a reopened alert at once, of a growing one with the next flush', async () => {
    await publisher.publish(windows, await changed([1, 2, 3]));
    expect(figures(await written())).toEqual([['open', 3, 1]]);
    await publisher.publish(windows, await changed([4]));
    await publisher.publish(windows, await changed([5]));
    expect(await written()).toHaveLength(1);
    expect(publisher.saidUntil(windows)).toBe(1);
    await publisher.flush();
    expect(figures((await written()).slice(1))).toEqual([['open', 5, 3]]);
    expect(publisher.saidUntil(windows)).toBe(3);
    await publisher.publish(windows, passed(10_000));
    expect(figures((await written()).slice(2))).toEqual([['closed', 5, 4]]);
    const positions = (await written()).map(({ position }) => position);
    expect(positions).toEqual([0, 2, 3].map((offset) => ({ partition: 0, offset })));
  });

  it('carries each event once, and every reference always', async () => {
    await publisher.publish(windows, await changed([1, 2, 3]));
    for (let second = 4; second < 30; second++) await publisher.publish(windows, await changed([second]));
    await publisher.flush();
    const [opened, grown] = await written();
    expect(carried(opened)).toEqual([0, 1, 2]);
    expect(grown.evidence.map(({ offset }) => offset)).toEqual(Array.from({ length: 29 }, (_, i) => i));
    expect(carried(grown)).toEqual(Array.from({ length: 26 }, (_, i) => i + 3));
    for (const { offset, event } of [...opened.evidence, ...grown.evidence]) {
      const line = (await log.read('login', 0, offset, { recordsMax: 1 })).value(0).toString();
      if (event) expect(event).toEqual(JSON.parse(line));
    }
  });

  it('carries of large events as many as a record holds, and others with what it says next', async () => {
    // Numbers that JSON writes longer than they came are no way around it.
    for (const more of [{ reason: 'x'.repeat(400_000) }, { n: Array(20_000).fill(1e20) }]) {
      windows = new WindowPartition(0, plan, options);
      publisher = new AlertPublisher(log);
      const { next } = (await log.describe(topics.alert)).partitions[0];
      const base = 10_000 * next;
      await publisher.publish(windows, await changed([base + 1, base + 2, base + 3], true, more));
      await publisher.publish(windows, await changed([base + 4], true, more));
      await publisher.flush();
      const [opened, grown] = await written(next);
      expect(opened.evidence).toHaveLength(3);
      const first = carried(opened);
      expect(first.length).toBeGreaterThan(0);
      expect(first.length).toBeLessThan(3);
      expect([...first, ...carried(grown)]).toEqual(
        grown.evidence.map(({ offset }) => offset).slice(0, 2 * first.length),
      );
    }
  });

  it('writes more than a log takes at once in several appends', async () => {
    await log.close();
    log = await openEmbeddedLog({ directory, clock: systemClock, waitingBytesMax: 12 << 20 });
    publisher = new AlertPublisher(log);
    const ip = Array.from({ length: 600 }, (_, i) => `host ${i}`);
    const changes = await changed([1, 2, 3], true, { ip, reason: 'x'.repeat(20_000) });
    expect(changes).toHaveLength(600);
    await publisher.publish(windows, changes);
    const groups = (await written()).map(({ group }) => group.ip);
    expect(groups.sort()).toEqual(ip.sort());
    expect(publisher.saidUntil(windows)).toBe(windows.position);
  });

  it('names the first and the latest fifty events of a flood, whatever its length', async () => {
    const seconds = Array.from({ length: 1000 }, (_, i) => i / 20);
    await publisher.publish(windows, await changed(seconds));
    const [{ evidence, events: count }] = await written();
    expect(count).toBe(1000);
    expect(evidence.map(({ offset }) => offset)).toEqual([
      ...Array.from({ length: 50 }, (_, i) => i),
      ...Array.from({ length: 50 }, (_, i) => 950 + i),
    ]);
    expect(evidence.every(({ event }) => event !== undefined)).toBe(true);
  });

  it('keeps what the log refuses, and says it when there is room, as it is by then', async () => {
    const opened = await changed([1, 2, 3]);
    disk.roomBytes = 0;
    await expect(publisher.publish(windows, opened)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(publisher.saidUntil(windows)).toBe(0);
    disk.roomBytes = Number.POSITIVE_INFINITY;
    expect(await written()).toEqual([]);
    await publisher.publish(windows, await changed([4]));
    expect(figures(await written())).toEqual([['open', 4, 2]]);
    expect(publisher.saidUntil(windows)).toBe(windows.position);
  });

  it('names a group by its fields, and by its hash only where none of its events is left', async () => {
    await publisher.publish(windows, await changed([1, 2, 3]));
    expect((await written())[0].group).toEqual({ ip: '192.0.2.1' });
    windows = new WindowPartition(0, plan, options);
    const opened = await changed([1001, 1002, 1003], false);
    await new AlertPublisher(log).publish(windows, opened);
    const orphan = (await written())[1];
    expect(orphan.group).toEqual({ '#': expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(carried(orphan)).toEqual([]);
  });
});
