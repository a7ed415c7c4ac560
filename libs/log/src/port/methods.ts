import { type CrossingError, PortError, type Transferred } from '#libs/port';
import { LogError, type LogErrorCode } from '../errors.js';
import type { ConsumeOptions, Consumer, GroupPosition, Log, ReadOptions } from '../log.js';
import type { PackedBatches, PackedRecords } from './packed.js';

/** A consumer's options without what can't cross; its callbacks are called by its number. */
export interface PlainConsumeOptions extends ReadOptions {
  start?: ConsumeOptions['start'];
  transient?: boolean;
  merged?: boolean;
  hasAssigned: boolean;
  hasRevoked: boolean;
}

/** What the side with the log offers. `consumer` is a number that the other side gave it. */
export interface LogMethods
  extends Pick<
    Log,
    'createTopic' | 'topics' | 'describe' | 'ends' | 'offsetAt' | 'groups' | 'describeGroup' | 'resetGroup'
  > {
  append(topic: string, records: PackedRecords): ReturnType<Log['append']>;
  read(topic: string, partition: number, offset: number, options?: ReadOptions): Promise<Transferred<PackedBatches>>;
  /** Its id. */
  consume(consumer: number, group: string, topics: readonly string[], options: PlainConsumeOptions): Promise<string>;
  /** `spare`: the buffer of an earlier poll, to be used again. */
  poll(consumer: number, spare?: ArrayBuffer): Promise<Transferred<Polled> | null>;
  commit(consumer: number, positions: Parameters<Consumer['commit']>[0]): Promise<void>;
  /** `seek` counts the seeks of this consumer. */
  seek(consumer: number, seek: number, topic: string, partition: number, offset: number): void;
  pause(consumer: number, topic: string, partition: number): void;
  resume(consumer: number, topic: string, partition: number): void;
  leave(consumer: number): Promise<void>;
}

export interface Polled extends PackedBatches {
  /** The newest seek that the log knew of: of partitions sought since, batches are not wanted any more. */
  seek: number;
}

/** What the side without the log offers: the callbacks of its consumers. */
export interface CallbackMethods {
  assigned(consumer: number, partitions: readonly GroupPosition[]): ReturnType<NonNullable<ConsumeOptions['assigned']>>;
  revoked(consumer: number, partitions: readonly { topic: string; partition: number }[]): Promise<void>;
}

export function reviveLogError({ name, code, message, facts }: CrossingError): LogError | undefined {
  return name === 'LogError' ? new LogError(code as LogErrorCode, message, facts) : undefined;
}

export const closedConsumer = (): LogError => new LogError('LOG_UNAVAILABLE', 'The consumer is closed.');

/** A port that is closed is a log that is. */
export function orUnavailable<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((cause: unknown) => {
    if (!(cause instanceof PortError) || cause.code !== 'PORT_CLOSED') throw cause;
    throw new LogError('LOG_UNAVAILABLE', 'The log is closed, or the thread that has it is gone.', {}, { cause });
  });
}
