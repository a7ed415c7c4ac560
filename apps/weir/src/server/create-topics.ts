import type { Config } from '#libs/config';
import { topics } from '#libs/events';
import type { Log } from '#libs/log';
import { projections } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import { activityTopics } from '../../../ingest/src/index.js';

/** All of them, since nobody knows which process comes first. Of those that are there it tells what is other than set. */
export async function createTopics(log: Log, config: Config, logger: Logger): Promise<void> {
  const ofTables = new Set<string>(projections.flatMap((projection) => projection.topics));
  for (const topic of new Set([...activityTopics, topics.matches, ...ofTables])) {
    const { ageMs, bytes } = ofTables.has(topic) ? config.tablesRetention : config.retention;
    const options = {
      partitions: config.partitions,
      retentionMs: ageMs ?? undefined,
      retentionBytes: bytes ?? undefined,
      // On Kafka it is the producer that compresses: a topic with a codec of its own has the brokers do it again.
      compression: config.kafkaBrokers ? undefined : config.compression,
    };
    for (const difference of await log.createTopic(topic, options)) logger.warn({ topic }, difference);
  }
}
