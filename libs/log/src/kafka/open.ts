import type { Log } from '../log.js';
import type { CopiedLog, CopyOptions } from './copy.js';
import type { KafkaLogOptions } from './options.js';

// Both are loaded where they are asked for: the client takes longer, and more memory, than all of the embedded log.

/** Connects to a Kafka cluster. Rejects with LOG_UNAVAILABLE where no broker answers, or they are too old. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<Log> {
  const engine = await import('./kafka-log.js');
  return engine.openKafkaLog(options);
}

/** See ./copy. */
export async function copyLogToKafka(source: Log, options: CopyOptions): Promise<CopiedLog> {
  const engine = await import('./copy.js');
  return engine.copyLogToKafka(source, options);
}
