import type { GroupPosition, LogRecord, RecordBatch } from '#libs/log';

/** What a step wants written. Nothing is written while a step runs: effects first, one write after. */
export interface StepResult {
  appends?: readonly { topic: string; records: readonly LogRecord[] }[];
  /** How far each partition is done; without it, to the end of the step's batches. A tick may finish what steps began. */
  commits?: readonly { topic: string; partition: number; offset: number }[];
  /** Where to read on in these partitions, other than behind what was read last: what a step had done was undone. */
  seeks?: readonly { topic: string; partition: number; offset: number }[];
  /** Kept beside a partition's position; comes back in `assigned`. */
  metadata?(topic: string, partition: number): string;
}

/**
 * One consumer: batches in, effects out. A step that throws is tried again with the same batches after a pause, and
 * their partitions wait while others go on; so a step must be idempotent up to its commit. What a step returned is
 * appended until the log has it, without running the step again.
 */
export interface Stage {
  /** Consumer group on the log; also the stage's name in metrics. */
  group: string;
  topics: readonly string[];
  /**
   * `each`: a step gets one batch of one partition. `recorded`: it gets batches of all owned partitions that together
   * are everything recorded up to some moment.
   */
  order: 'each' | 'recorded';
  /** Bytes of records per poll, at most about this many. Default 1 MiB. */
  batchBytesMax?: number;
  /**
   * Partitions that this process now owns. May return where to start (by index; undefined: the committed position). What
   * takes long ends early when `stopping` is aborted: nothing will be stepped any more.
   */
  assigned?(
    positions: readonly GroupPosition[],
    stopping: AbortSignal,
  ): Promise<readonly (number | undefined)[] | undefined>;
  revoked?(partitions: readonly { topic: string; partition: number }[]): Promise<void>;
  step(batches: readonly RecordBatch[]): Promise<StepResult | undefined>;
  /** Called about every `tickMs`, never at the same time as `step`. */
  tick?(): Promise<StepResult | undefined>;
  tickMs?: number;
  /** Rests so long after what it stepped, so that what comes meanwhile is stepped at once. Default 0. */
  restMs?: number;
}
