import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#libs/clock';
import { loadConfig } from '#libs/config';
import { type Log, openEmbeddedLog } from '#libs/log';
import type { Logger } from '#libs/telemetry';
import { createTopics } from './create-topics.js';
import { kafkaOptionsOf } from './open-log.js';

let directory: string;
let log: Log;
let told: string[];
const logger = { warn: ({ topic }: { topic: string }, text: string) => told.push(`${topic}: ${text}`) };
const create = (env: NodeJS.ProcessEnv) => createTopics(log, loadConfig(env), logger as unknown as Logger);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-topics-'));
  log = await openEmbeddedLog({ directory, clock: systemClock });
  told = [];
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true });
});

test('topics are made as the environment says, and keep what they were made with', async () => {
  const env = { WEIR_PARTITIONS: '2', WEIR_RETENTION: '1h,1GiB', WEIR_COMPRESSION: 'zstd' };
  await create(env);
  const { options } = await log.describe('login');
  expect(options).toEqual({ partitions: 2, retentionMs: 3_600_000, retentionBytes: 2 ** 30, compression: 'zstd' });
  expect((await log.describe('alert')).options).toEqual({ partitions: 2, compression: 'zstd' });
  await create(env);
  expect(told).toEqual([]);
  await create({ ...env, WEIR_COMPRESSION: 'none' });
  expect(told).toContain('login: compression is zstd, asked for was none');
  expect((await log.describe('login')).options).toEqual(options);
});

test('what Kafka is sent is compressed as its own variable says, and by nobody else', async () => {
  const env = { WEIR_KAFKA_BROKERS: 'kafka:9092', WEIR_KAFKA_COMPRESSION: 'lz4', WEIR_COMPRESSION: 'zstd' };
  expect(kafkaOptionsOf(loadConfig(env))).toMatchObject({ compression: 'lz4' });
  await create(env);
  expect((await log.describe('login')).options.compression).toBe('none');
});
