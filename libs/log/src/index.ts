export { batchOfRecords, RecordBatch, type RecordColumns } from './batch.js';
export { partitionOf } from './partitioner.js';
export { LogError, type LogErrorCode } from './errors.js';
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
