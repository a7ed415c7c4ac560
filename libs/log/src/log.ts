import type { RecordBatch } from './batch.js';

/** One record to append. `value` is stored as it is; the log never decodes it. */
export interface LogRecord {
  /** Partition to write to. Left out: murmur2 of the key as Kafka's Java client does it; no key: round robin. */
  partition?: number;
  /** Records of one key keep their order: they share a partition. */
  key?: Uint8Array | null;
  /** Event time, milliseconds since the epoch. */
  time: number;
  value: Uint8Array;
}

/** Where a record landed. Same order as the records appended. */
export interface Appended {
  partitions: Int32Array;
  offsets: Float64Array;
}

export interface TopicOptions {
  partitions: number;
  /** Records older than this (by the time they were recorded) may be deleted. Default: kept for ever. */
  retentionMs?: number;
  /** Oldest records may be deleted while the topic holds more bytes than this. Default: no limit. */
  retentionBytes?: number;
  /** Payload compression of a batch on disk. Default `none`. */
  compression?: 'none' | 'zstd';
}

export interface PartitionDescription {
  partition: number;
  /** First offset that can still be read. */
  earliest: number;
  /** The offset the next record will get: one past the newest durable record. */
  next: number;
}

export interface TopicDescription {
  topic: string;
  options: TopicOptions;
  /** Bytes on disk. */
  bytes: number;
  partitions: PartitionDescription[];
}

export interface GroupPosition {
  topic: string;
  partition: number;
  /** The first offset NOT yet processed. */
  offset: number;
  /** What the consumer wrote beside its position; opaque here. */
  metadata: string;
}

export interface GroupDescription {
  group: string;
  members: { id: string; partitions: { topic: string; partition: number }[] }[];
  positions: GroupPosition[];
}

export interface ReadOptions {
  /** Stop after about this many bytes; at least one stored batch is returned. Default 1 MiB. */
  bytesMax?: number;
  /** Stop at this many records. Default: no limit. */
  recordsMax?: number;
}

/**
 * A durable partitioned log: the only door to it. Every engine passes the suite in `libs/log/contract`, which
 * states these comments as tests.
 *
 * Offsets of a partition start at 0, grow by one per record (an engine that compacts may leave gaps) and are never
 * used twice. Records of one partition are read in offset order.
 */
export interface Log {
  /**
   * Creates the topic, durably; does nothing where it exists with these options. Where it exists with other options it stays
   * as it is and the differences come back, in words ([] when there are none). Rejects with LOG_TOPIC_INVALID.
   */
  createTopic(topic: string, options: TopicOptions): Promise<string[]>;

  topics(): Promise<string[]>;

  /** Rejects with LOG_TOPIC_UNKNOWN. */
  describe(topic: string): Promise<TopicDescription>;

  /** Of each topic, by partition: the offset the next record will get. Cheap enough to ask ten times a second. Rejects with LOG_TOPIC_UNKNOWN. */
  ends(topics: readonly string[]): Promise<number[][]>;

  /**
   * Resolves when every record is durable (embedded: written and synced; Kafka: acknowledged by all in-sync
   * replicas). Records of one call that go to one partition are contiguous there and in order. When it rejects,
   * none of the records was acknowledged; some may still turn up in the log.
   * All records of one call share one recorded time, and what becomes readable later, in whichever topic, never has an
   * earlier one. The records must not be changed until it settles.
   * Rejects with LOG_TOPIC_UNKNOWN, LOG_PARTITION_UNKNOWN, LOG_RECORD_TOO_LARGE, LOG_RECORD_INVALID (no event time),
   * LOG_UNAVAILABLE (disk full, failed sync, closed), LOG_BUSY (too many bytes wait for the disk: try again later).
   */
  append(topic: string, records: readonly LogRecord[]): Promise<Appended>;

  /**
   * Durable records from `offset` on, in order; an empty batch at the end of the partition. Never waits.
   * Rejects with LOG_OFFSET_EXPIRED {wanted, earliest} behind retention, LOG_OFFSET_BEYOND {wanted, next} past the
   * end, LOG_TOPIC_UNKNOWN, LOG_PARTITION_UNKNOWN, and LOG_CORRUPT {file, position, nextReadable} where stored bytes do
   * not match their checksum: what lies before is served first, `nextReadable` is the next offset that can be read.
   */
  read(topic: string, partition: number, offset: number, options?: ReadOptions): Promise<RecordBatch>;

  /** The first offset whose event time is at or after `time`; the next offset when there is none. */
  offsetAt(topic: string, partition: number, time: number): Promise<number>;

  /**
   * Joins a consumer group. Partitions of the topics are shared out among the members of the group; a partition has
   * at most one owner. Nothing is read before `consumer.poll()`. Rejects with LOG_TOPIC_UNKNOWN.
   */
  consume(group: string, topics: readonly string[], options?: ConsumeOptions): Promise<Consumer>;

  groups(): Promise<string[]>;
  describeGroup(group: string): Promise<GroupDescription>;

  /** Moves a group's positions. Rejects with LOG_GROUP_ACTIVE while the group has members. */
  resetGroup(group: string, positions: readonly Omit<GroupPosition, 'metadata'>[]): Promise<void>;

  /** Finishes what was appended, closes consumers, releases the folder or the connections. Idempotent. */
  close(): Promise<void>;
}

export interface ConsumeOptions extends ReadOptions {
  /** Where a partition starts that has no committed position. Default `earliest`. */
  start?: 'earliest' | 'latest';
  /** Nobody looks at a batch after the next `poll()`: its memory may be used again. Default false. */
  transient?: boolean;
  /**
   * The caller merges partitions in the order of recording. Then a poll gives an append whole, however its records are spread;
   * where an engine shows partitions one after the other, what was recorded half a minute and more after it happened waits a
   * second for that. Default false.
   */
  merged?: boolean;
  /**
   * Called inside `poll()`, before the first batch of newly owned partitions, with the committed position of each (the start
   * where there is none). What it returns (by index; undefined: the committed position) is where reading begins, so that an owner whose state and
   * position live elsewhere can start there. Batches of these partitions wait until it resolves.
   */
  assigned?(partitions: readonly GroupPosition[]): Promise<readonly (number | undefined)[] | undefined>;
  /**
   * Called when partitions are about to go to another member, inside `poll()`, or at close: the last chance to commit.
   * A member that does not poll keeps its partitions, so that none is ever read by two.
   */
  revoked?(partitions: readonly { topic: string; partition: number }[]): Promise<void>;
}

/** One member of a consumer group. Not for concurrent use: one `poll()` at a time. */
export interface Consumer {
  /** Among the members that `describeGroup` names. */
  readonly id: string;
  /**
   * The next batch of every owned, unpaused partition that has records: at most one batch per partition, none of them
   * empty, each up to `bytesMax / (number of partitions that have records)` but at least one stored batch. Waits,
   * without polling, while there is none; resolves with null once closed. `batch.atEnd` says whether the partition had
   * more. All batches are as of one moment; so a caller can merge partitions in the order of recording.
   * Rejects as `read` does where a partition cannot be read: that partition stays paused from then on, the next call
   * goes on with the others.
   */
  poll(): Promise<RecordBatch[] | null>;
  /**
   * Durably records positions: `offset` is the first NOT yet processed. It may move backwards. Rejects with
   * LOG_NOT_OWNED where the partition belongs to another member.
   */
  commit(positions: readonly (Omit<GroupPosition, 'metadata'> & { metadata?: string })[]): Promise<void>;
  /** The partition's next batch starts at `offset`. Of one not taken up yet, that overrides where it would start. */
  seek(topic: string, partition: number, offset: number): void;
  /** A paused partition yields no batches until resumed or lost; the others go on. */
  pause(topic: string, partition: number): void;
  resume(topic: string, partition: number): void;
  /** Leaves the group. Idempotent. */
  close(): Promise<void>;
}
