import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#libs/clock';
import { type Log, openEmbeddedLog, type RecordBatch } from '#libs/log';
import { FaultyDisk } from '../../log/testing/faulty-disk.js';
import { RunningStage } from './run-stage.js';
import type { Stage, StepResult } from './stage.js';

const partitions = 3;
let directory: string;
let disk: FaultyDisk;
let log: Log;
let running: RunningStage[];
let failures: { code: string; partition?: number; retryMs: number }[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-stream-'));
  disk = new FaultyDisk();
  log = await openEmbeddedLog({ directory, clock: systemClock, openFile: disk.open });
  for (const topic of ['in', 'out']) await log.createTopic(topic, { partitions });
  running = [];
  failures = [];
});
afterEach(async () => {
  await Promise.all(running.map((stage) => stage.stop()));
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(stage: Partial<Stage> & Pick<Stage, 'step'>): Promise<RunningStage> {
  const failed = (error: unknown, { partition, retryMs }: { partition?: number; retryMs: number }) => {
    failures.push({ code: (error as { code?: string }).code ?? (error as Error).message, partition, retryMs });
  };
  const options = { log, stage: { group: 'g', topics: ['in'], order: 'each', ...stage } as Stage, failed };
  const started = await new RunningStage(options).start();
  running.push(started);
  return started;
}

const append = (partition: number, ...values: string[]) =>
  log.append(
    'in',
    values.map((value) => ({ partition, time: 1, value: Buffer.from(value) })),
  );

const valuesOf = (batches: readonly RecordBatch[]): string[] =>
  batches.flatMap((batch) => Array.from({ length: batch.count }, (_, i) => batch.value(i).toString()));

const copied = (batches: readonly RecordBatch[]): StepResult => ({
  appends: [
    { topic: 'out', records: valuesOf(batches).map((v) => ({ partition: 0, time: 1, value: Buffer.from(v) })) },
  ],
});

async function out(): Promise<string[]> {
  return valuesOf([await log.read('out', 0, 0)]);
}

/** By partition: the position of the group. */
async function committed(): Promise<Record<number, number>> {
  const { positions } = await log.describeGroup('g');
  return Object.fromEntries(positions.map(({ partition, offset }) => [partition, offset]));
}

const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 5 });

describe('RunningStage', () => {
  it('appends more than a log takes at once piece by piece, in order, and a refused piece again', async () => {
    await log.close();
    log = await openEmbeddedLog({ directory, clock: systemClock, openFile: disk.open, waitingBytesMax: 20 << 20 });
    const values = Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(1_000_000));
    const records = values.map((value) => ({ partition: 0, time: 1, value: Buffer.from(value) }));
    disk.roomBytes = 20_000_000;
    await start({ step: async () => ({ appends: [{ topic: 'out', records }] }) });
    await append(0, 'a');
    await soon(() => expect(failures.map(({ code }) => code)).toContain('LOG_UNAVAILABLE'));
    disk.roomBytes = Number.POSITIVE_INFINITY;
    await soon(async () => expect(await committed()).toEqual({ 0: 1 }));
    const written: string[] = [];
    for (let offset = 0; offset < records.length; offset = written.length) {
      written.push(...valuesOf([await log.read('out', 0, offset)]));
    }
    expect(written.map((value) => value.trim())).toEqual(values.map((value) => value.trim()));
  });

  it('steps every record once, in the order of its partition, and commits', async () => {
    const stepped: string[][] = [[], [], []];
    await append(0, 'a', 'b');
    await start({
      step: async (batches) => {
        expect(batches).toHaveLength(1);
        stepped[batches[0].partition].push(...valuesOf(batches));
        return undefined;
      },
    });
    await append(1, 'c');
    await append(0, 'd');
    await soon(async () => expect(await committed()).toEqual({ 0: 3, 1: 1 }));
    expect(stepped).toEqual([['a', 'b', 'd'], ['c'], []]);
    expect(failures).toEqual([]);
  });

  it('tries a failing step again, later each time, while other partitions go on', async () => {
    let attempts = 0;
    const stepped: string[] = [];
    await append(0, 'bad', 'after');
    await append(1, 'good');
    await start({
      step: async (batches) => {
        if (batches[0].partition === 0 && ++attempts <= 3) throw new TypeError('not yet');
        stepped.push(...valuesOf(batches));
        return undefined;
      },
    });
    await soon(async () => expect(await committed()).toEqual({ 1: 1 }));
    await append(1, 'more');
    await soon(async () => expect(await committed()).toEqual({ 1: 2 }));
    expect(attempts).toBeLessThan(4);
    await soon(async () => expect(await committed()).toEqual({ 0: 2, 1: 2 }));
    expect(stepped).toEqual(['good', 'more', 'bad', 'after']);
    expect(failures).toEqual([100, 200, 400].map((retryMs) => ({ code: 'not yet', partition: 0, retryMs })));
  });

  it('lets merged partitions wait together for a failing step, and gives it the same records again', async () => {
    let attempts = 0;
    const seen: string[][] = [];
    await append(0, 'a');
    await append(1, 'b');
    await start({
      order: 'recorded',
      step: async (batches) => {
        seen.push(valuesOf(batches));
        if (++attempts === 1) {
          await append(2, 'c');
          throw new TypeError('not yet');
        }
        return undefined;
      },
    });
    await soon(async () => expect(await committed()).toEqual({ 0: 1, 1: 1, 2: 1 }));
    expect(seen[0]).toEqual(['a', 'b']);
    expect(seen.slice(1).flat()).toEqual(['a', 'b', 'c']);
  });

  it('holds a position before a poison record, and never moves it past', async () => {
    await append(0, 'fine');
    await start({
      step: async (batches) => {
        if (valuesOf(batches).includes('poison')) throw new TypeError('poison');
        return undefined;
      },
    });
    await soon(async () => expect(await committed()).toEqual({ 0: 1 }));
    await append(0, 'poison');
    await soon(() => expect(failures.length).toBeGreaterThanOrEqual(2));
    await append(2, 'neighbour');
    await soon(async () => expect(await committed()).toEqual({ 0: 1, 2: 1 }));
  });

  it('appends what a step wants before it commits, and until the log takes it, without stepping again', async () => {
    let steps = 0;
    await append(0, 'a', 'b');
    disk.roomBytes = 0;
    await start({
      order: 'recorded',
      step: async (batches) => {
        steps++;
        return copied(batches);
      },
    });
    await soon(() => expect(failures.length).toBeGreaterThanOrEqual(2));
    expect(failures[0]).toEqual({ code: 'LOG_UNAVAILABLE', partition: undefined, retryMs: 100 });
    expect(await committed()).toEqual({});
    disk.roomBytes = Number.POSITIVE_INFINITY;
    await soon(async () => expect(await committed()).toEqual({ 0: 2 }));
    expect(steps).toBe(1);
    expect(await out()).toEqual(['a', 'b']);
  });

  it('commits nothing that it was stopped before writing: the next start does it', async () => {
    await append(0, 'a');
    disk.roomBytes = 0;
    const stage = { step: async (batches: readonly RecordBatch[]) => copied(batches) };
    const first = await start(stage);
    await soon(() => expect(failures.length).toBeGreaterThanOrEqual(1));
    await first.stop();
    disk.roomBytes = Number.POSITIVE_INFINITY;
    expect(await committed()).toEqual({});
    await start(stage);
    await soon(async () => expect(await committed()).toEqual({ 0: 1 }));
    expect(await out()).toEqual(['a']);
  });

  it('stops between steps, and leaves what it did not step to the next start', async () => {
    const stepped: string[] = [];
    const gate = Promise.withResolvers<void>();
    const step = async (batches: readonly RecordBatch[]) => {
      stepped.push(...valuesOf(batches));
      await gate.promise;
      return undefined;
    };
    await append(0, 'a');
    await append(1, 'b');
    const first = await start({ step });
    await soon(() => expect(stepped).toEqual(['a']));
    const stopping = first.stop();
    gate.resolve();
    await stopping;
    expect(stepped).toEqual(['a']);
    expect(await committed()).toEqual({ 0: 1 });
    await start({ step });
    await soon(() => expect(stepped).toEqual(['a', 'b']));
  });

  it('starts where `assigned` says, keeps what is to be kept beside a position, and tells of the end', async () => {
    await append(0, 'a', 'b', 'c');
    const calls: unknown[] = [];
    const stage = {
      assigned: async (positions: readonly { offset: number; metadata: string }[]) => {
        calls.push(positions.map(({ offset, metadata }) => [offset, metadata])[0]);
        return [2];
      },
      revoked: async () => {
        calls.push(['revoked', await committed()]);
      },
      step: async (batches: readonly RecordBatch[]) => {
        calls.push(valuesOf(batches));
        return { metadata: (topic: string, partition: number) => `${topic}/${partition}` };
      },
    };
    const first = await start(stage);
    await soon(() => expect(calls).toEqual([[0, ''], ['c']]));
    await first.stop();
    await start(stage);
    await soon(() => expect(calls).toHaveLength(4));
    expect(calls).toEqual([[0, ''], ['c'], ['revoked', { 0: 3 }], [3, 'in/0'], ['c']].slice(0, 4));
  });

  it('tries again to take up partitions, and not in a rush', async () => {
    let attempts = 0;
    await append(0, 'a');
    await start({
      assigned: async () => {
        if (++attempts <= 2) throw new TypeError('the database is away');
        return undefined;
      },
      step: async () => undefined,
    });
    await soon(async () => expect(await committed()).toEqual({ 0: 1 }));
    expect(attempts).toBe(3);
    expect(failures.map(({ retryMs }) => retryMs)).toEqual([100, 200]);
  });

  it('ticks between steps, never during one, and writes and commits what a tick finishes', async () => {
    let inside = 0;
    let ticks = 0;
    const alone = async () => {
      expect(++inside).toBe(1);
      await delay(3);
      inside--;
    };
    await start({
      tickMs: 1,
      step: async () => {
        await alone();
        return { commits: [] };
      },
      tick: async () => {
        await alone();
        if (++ticks !== 5) return undefined;
        const records = [{ partition: 0, time: 1, value: Buffer.from('tick') }];
        return { appends: [{ topic: 'out', records }], commits: [{ topic: 'in', partition: 1, offset: 2 }] };
      },
    });
    for (let i = 0; i < 10; i++) await append(i % partitions, `${i}`);
    await soon(() => expect(ticks).toBeGreaterThan(5));
    await soon(async () => expect(await committed()).toEqual({ 1: 2 }));
    expect(await out()).toEqual(['tick']);
    expect(failures).toEqual([]);
  });

  it('reads on where a step or a tick wants it, and does not step what was polled before', async () => {
    const stepped: string[] = [];
    let undone: 'by nobody' | 'found by a step' | 'found by a tick' = 'by nobody';
    const back = { seeks: [0, 1].map((partition) => ({ topic: 'in', partition, offset: 0 })), commits: [] };
    const undo = () => {
      undone = 'by nobody';
      stepped.length = 0;
      return back;
    };
    await start({
      tickMs: 1,
      step: async (batches) => {
        if (undone === 'found by a step') return undo();
        stepped.push(...valuesOf(batches));
        return undefined;
      },
      tick: async () => (undone === 'found by a tick' ? undo() : undefined),
    });
    for (const how of ['found by a step', 'found by a tick', 'found by a step'] as const) {
      await append(0, `0 ${how}`);
      await append(1, `1 ${how}`);
      undone = how;
      await append(0, `0 again`);
      await append(1, `1 again`);
      await soon(async () => {
        for (const partition of [0, 1]) {
          const batch = await log.read('in', partition, 0);
          const all = Array.from({ length: batch.count }, (_, i) => batch.value(i).toString());
          expect(stepped.filter((value) => value.startsWith(`${partition}`))).toEqual(all);
        }
      });
    }
    expect(failures).toEqual([]);
  });

  it('goes on ticking when a tick fails', async () => {
    let ticks = 0;
    await start({
      tickMs: 1,
      step: async () => undefined,
      tick: async () => {
        if (++ticks === 1) throw new TypeError('not this time');
        return undefined;
      },
    });
    await soon(() => expect(ticks).toBeGreaterThan(2));
    expect(failures).toEqual([{ code: 'not this time', partition: undefined, retryMs: 1 }]);
  });

  it('shares partitions with another member: each record is stepped by its owner, none is lost', async () => {
    const stepped: string[] = [];
    const owners = new Map<number, string>();
    const member = (name: string) => ({
      assigned: async (positions: readonly { partition: number }[]) => {
        for (const { partition } of positions) {
          expect(owners.get(partition)).toBeUndefined();
          owners.set(partition, name);
        }
        return undefined;
      },
      revoked: async (given: readonly { partition: number }[]) => {
        for (const { partition } of given) owners.delete(partition);
      },
      step: async (batches: readonly RecordBatch[]) => {
        expect(owners.get(batches[0].partition)).toBe(name);
        stepped.push(...valuesOf(batches));
        return undefined;
      },
    });
    const sent = Array.from({ length: 90 }, (_, i) => `${i}`);
    const first = await start(member('first'));
    for (const [i, value] of sent.entries()) {
      await append(i % partitions, value);
      if (i === 30) await start(member('second'));
      if (i === 60) await first.stop();
    }
    await soon(async () => expect(await committed()).toEqual({ 0: 30, 1: 30, 2: 30 }));
    expect(stepped.toSorted((a, b) => Number(a) - Number(b))).toEqual(sent);
    expect(failures).toEqual([]);
  });
});
