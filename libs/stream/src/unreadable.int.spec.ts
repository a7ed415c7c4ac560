import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { type Log, openEmbeddedLog } from '#libs/log';
import { type Failure, RunningStage, type Stage } from './index.js';

let directory: string;
let log: Log;
let running: RunningStage | undefined;
const failures: (Failure & { error: unknown })[] = [];
const open = () =>
  openEmbeddedLog({ directory, clock: new ManualClock(Date.UTC(2026, 0, 1)), segmentBytesMax: 65_536 });
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
  log = await open();
  await log.createTopic('t', { partitions: 2, retentionBytes: 65_536 });
  failures.length = 0;
});
afterEach(async () => {
  await running?.stop();
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a stage until it has seen the last record of partition 0; gives the offsets that it saw there. */
async function seenUntil(last: number): Promise<number[]> {
  const seen: number[] = [];
  const done = Promise.withResolvers<void>();
  await run(async (batches) => {
    for (const batch of batches.filter(({ partition }) => partition === 0)) {
      for (let i = 0; i < batch.count; i++) seen.push(batch.offset(i));
    }
    if (seen.at(-1) === last) done.resolve();
    return undefined;
  });
  await done.promise;
  return seen;
}

const from = (offset: number, until: number) => Array.from({ length: until - offset }, (_, i) => offset + i);

async function run(step: Stage['step']): Promise<void> {
  const failed = (error: unknown, where: Failure) => failures.push({ ...where, error });
  running = await new RunningStage({
    log,
    stage: { group: 'g', topics: ['t'], order: 'recorded', step },
    failed,
  }).start();
}

const append = (partition: number, count: number) =>
  log.append(
    't',
    Array.from({ length: count }, () => ({ partition, time: 0, value: Buffer.alloc(1_000) })),
  );

test('a position behind retention: what is gone is told and counted, and the rest is processed', async () => {
  await append(1, 1);
  for (let i = 0; i < 20; i++) await append(0, 20);
  const [{ earliest, next }] = (await log.describe('t')).partitions;
  expect(earliest).toBeGreaterThan(2);
  await log.resetGroup('g', [{ topic: 't', partition: 0, offset: 2 }]);
  expect(await seenUntil(next - 1)).toEqual(from(earliest, next));
  expect(failures).toMatchObject([{ stage: 'g', topic: 't', partition: 0, skippedRecords: earliest - 2 }]);
  expect(failures[0].error).toMatchObject({ code: 'LOG_OFFSET_EXPIRED', facts: { wanted: 2, earliest } });
});

test('damaged records: they are told and counted, and what lies behind them is processed', async () => {
  for (let i = 0; i < 3; i++) await append(0, 5);
  await log.close();
  const folder = join(directory, 'topics', 't');
  const file = join(folder, readdirSync(folder).find((name) => statSync(join(folder, name)).size > 15_000)!);
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(file, bytes);
  log = await open();
  expect(await seenUntil(14)).toEqual([...from(0, 5), ...from(10, 15)]);
  expect(failures).toMatchObject([{ stage: 'g', topic: 't', partition: 0, skippedRecords: 5 }]);
  expect(failures[0].error).toMatchObject({ code: 'LOG_CORRUPT', facts: { wanted: 5, nextReadable: 10 } });
});
