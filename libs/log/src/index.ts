export { batchOfRecords, RecordBatch, type RecordColumns } from './batch.js';
export { openEmbeddedLog } from './embedded/embedded-log.js';
export type { Damage, EmbeddedLogOptions } from './embedded/limits.js';
export { LogError, type LogErrorCode } from './errors.js';
export type { CopiedLog, CopiedTopic, CopyOptions } from './kafka/copy.js';
export { copyLogToKafka, openKafkaLog } from './kafka/open.js';
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
export { openPortLog } from './port/port-log.js';
export { serveLog } from './port/serve-log.js';
