export { batchOfRecords, RecordBatch, type RecordColumns } from './batch.js';
export { openEmbeddedLog } from './embedded/embedded-log.js';
export type { Damage, EmbeddedLogOptions } from './embedded/limits.js';
export { LogError, type LogErrorCode } from './errors.js';
export { openKafkaLog } from './kafka/kafka-log.js';
export type { KafkaCompression, KafkaLogOptions, KafkaSasl } from './kafka/options.js';
export type {
  Appended,
  ConsumeOptions,
  Consumer,
  GroupDescription,
  GroupPosition,
  Log,
  LogRecord,
  PartitionDescription,
  ReadOptions,
  TopicDescription,
  TopicOptions,
} from './log.js';
export { partitionOf } from './partitioner.js';
