import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authenticator } from '#libs/auth';
import { ManualClock } from '#libs/clock';
import { type EmbeddedLogOptions, type Log, openEmbeddedLog, type RecordBatch } from '#libs/log';
import { createLogger, createMetrics, type Metrics } from '#libs/telemetry';
import { createHttpApp } from '../../platform/src/index.js';
import { activityTopics, IngestModule } from '../src/index.js';

export interface IngestServer {
  url: string;
  log: Log;
  clock: ManualClock;
  metrics: Metrics;
  /** Every record of a topic, partition by partition. */
  records(topic: string): Promise<{ key: string | null; time: number; value: Record<string, unknown>; text: string }[]>;
  close(): Promise<void>;
}

/** Ingest over real HTTP, on an embedded log in a folder of its own. */
export async function startIngestServer(
  keys: Authenticator,
  limits: Partial<EmbeddedLogOptions> = {},
): Promise<IngestServer> {
  const clock = new ManualClock(Date.parse('2026-03-01T12:00:00Z'));
  const metrics = createMetrics();
  const logger = createLogger('silent');
  const directory = await mkdtemp(join(tmpdir(), 'weir-ingest-'));
  const log = await openEmbeddedLog({ directory, clock, ...limits });
  for (const topic of activityTopics) await log.createTopic(topic, { partitions: 4 });
  const module = IngestModule.register({ log, clock, metrics });
  const app = await createHttpApp(module, { keys, logger });
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    log,
    clock,
    metrics,
    async records(topic) {
      const { partitions } = await log.describe(topic);
      const batches = await Promise.all(partitions.map(({ partition }) => log.read(topic, partition, 0)));
      return batches.flatMap(recordsOf);
    },
    async close() {
      await app.close();
      await log.close();
      await rm(directory, { recursive: true });
    },
  };
}

function recordsOf(batch: RecordBatch) {
  return Array.from({ length: batch.count }, (_, i) => {
    const text = batch.value(i).toString();
    return { key: batch.key(i)?.toString() ?? null, time: batch.time(i), value: JSON.parse(text), text };
  });
}
