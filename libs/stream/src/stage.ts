import type { GroupPosition, LogRecord, RecordBatch } from '#libs/log';

/** What a step wants written. Nothing is written while a step runs: effects first, one write after. */
export interface StepResult {
  appends?: readonly { topic: string; records: readonly LogRecord[] }[];
  /** Kept beside the group's position; comes back in `assigned`. */
  metadata?: string;
}

/**
 * One consumer: batches of one partition in, effects out. A step that throws is tried again with the same batch after
 * a pause, and its partition waits while others go on; so a step must be idempotent up to its commit.
 */
export interface Stage {
  /** Consumer group on the log; also the stage's name in metrics. */
  group: string;
  topics: readonly string[];
  /** Bytes of records per step, at most about this many. Default 1 MiB. */
  batchBytesMax?: number;
  /** Partitions that this process now owns. May return where to start (by index; undefined: the committed position). */
  assigned?(positions: readonly GroupPosition[]): Promise<readonly (number | undefined)[] | undefined>;
  revoked?(partitions: readonly { topic: string; partition: number }[]): Promise<void>;
  step(batch: RecordBatch): Promise<StepResult | undefined>;
  /** Called about every `tickMs`, never at the same time as `step`. */
  tick?(): Promise<StepResult | undefined>;
  tickMs?: number;
}
