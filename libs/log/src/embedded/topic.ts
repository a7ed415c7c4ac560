import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RecordBatch } from '../batch.js';
import { LogError } from '../errors.js';
import type { Appended, LogRecord, ReadOptions, TopicDescription, TopicOptions } from '../log.js';
import { partitionOf } from '../partitioner.js';
import type { Backlog } from './backlog.js';
import type { Block } from './block.js';
import type { Blocks } from './blocks.js';
import type { Cache } from './cache.js';
import { syncFolder } from './files.js';
import type { Journal } from './journal.js';
import type { Limits } from './limits.js';
import { JournalReader } from './reader.js';
import type { RecordedOrder } from './recorded-order.js';
import { keyBytes, recordBytes } from './records.js';
import { openJournal } from './recovery.js';
import { readTopicOptions, writeTopicOptions } from './topic-options.js';
import { JournalWriter } from './writer.js';

/** What the topics of one log have in common. */
export interface Engine {
  limits: Limits;
  cache: Cache<Block | Blocks>;
  backlog: Backlog;
  order: RecordedOrder;
}

/** One topic: its options, its journal, and who gets which partition. */
export class Topic {
  readonly #reader: JournalReader;
  #turn = 0;

  private constructor(
    readonly name: string,
    readonly options: TopicOptions,
    private readonly journal: Journal,
    private readonly writer: JournalWriter,
  ) {
    this.#reader = new JournalReader(journal);
  }

  /** Makes the topic's folder, whole or not at all. */
  static async create(engine: Engine, folder: string, name: string, options: TopicOptions): Promise<Topic> {
    const draft = `${folder}${draftSuffix}`;
    await mkdir(draft, { recursive: true });
    await writeTopicOptions(engine.limits.openFile, draft, options);
    await rename(draft, folder);
    await syncFolder(dirname(folder));
    return Topic.open(engine, folder, name);
  }

  static async open({ limits, cache, backlog, order }: Engine, folder: string, name: string): Promise<Topic> {
    const options = await readTopicOptions(limits.openFile, folder, name);
    const { partitions, retentionMs, retentionBytes, compression = 'none' } = options;
    const settings = {
      name,
      folder,
      partitions,
      retentionMs,
      retentionBytes,
      codec: compression,
      options: JSON.stringify(options),
    };
    const { journal, sealLast } = await openJournal(settings, limits, cache, order);
    return new Topic(name, options, journal, new JournalWriter(journal, backlog, sealLast));
  }

  get partitions(): number {
    return this.options.partitions;
  }

  /** See `Log.append`. */
  append(records: readonly LogRecord[]): Promise<Appended> {
    const { length } = records;
    const partitions = new Int32Array(length);
    if (length === 0) return Promise.resolve({ partitions, offsets: new Float64Array(0) });
    // Records of one call without a key share a partition: one frame, not many.
    const keyless = this.#turn++ % this.partitions;
    let bytes = 0;
    for (let i = 0; i < length; i++) {
      const record = records[i];
      const problem = this.#problem(record, i);
      if (problem) return Promise.reject(problem);
      partitions[i] = record.partition ?? (record.key ? partitionOf(record.key, this.partitions) : keyless);
      bytes += recordBytes(record);
    }
    const { waitingBytesMax } = this.journal.limits;
    if (bytes > waitingBytesMax) {
      const message = `One append may hold up to ${waitingBytesMax} bytes; this one has ${bytes}. Split it.`;
      return Promise.reject(
        new LogError('LOG_RECORD_TOO_LARGE', message, { topic: this.name, bytes, waitingBytesMax }),
      );
    }
    return this.writer.append(records, partitions, bytes);
  }

  #problem(record: LogRecord, index: number): LogError | undefined {
    const { recordBytesMax } = this.journal.limits;
    const bytes = keyBytes(record) + record.value.length;
    if (bytes > recordBytesMax) {
      const message = `A record may hold up to ${recordBytesMax} bytes; record ${index} has ${bytes}.`;
      return new LogError('LOG_RECORD_TOO_LARGE', message, { topic: this.name, index, bytes, recordBytesMax });
    }
    if (!Number.isFinite(record.time)) {
      const message = `Record ${index} has no event time: it must be milliseconds since 1970, not ${record.time}.`;
      return new LogError('LOG_RECORD_INVALID', message, { topic: this.name, index, time: record.time });
    }
    return record.partition === undefined ? undefined : this.#partitionProblem(record.partition);
  }

  #partitionProblem(partition: number): LogError | undefined {
    if (Number.isInteger(partition) && partition >= 0 && partition < this.partitions) return undefined;
    const message = `Topic ${this.name} has the partitions 0 to ${this.partitions - 1}; there is no ${partition}.`;
    return new LogError('LOG_PARTITION_UNKNOWN', message, { topic: this.name, partition });
  }

  /** Lets go of what is too old by now, though nothing is appended. */
  expire(now: number): void {
    this.writer.expire(now);
  }

  checkPartition(partition: number): void {
    const problem = this.#partitionProblem(partition);
    if (problem) throw problem;
  }

  /** See `Log.read`. `end`: nothing from there on is read. */
  async read(partition: number, offset: number, options?: ReadOptions, end?: number): Promise<RecordBatch> {
    this.checkPartition(partition);
    try {
      return await this.#reader.read(partition, offset, options, end);
    } catch (cause) {
      if (cause instanceof LogError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      const facts = { topic: this.name, partition, wanted: offset, reason: code };
      const said = `${this.name}/${partition} can't be read just now (${message}). Nothing is lost; try again.`;
      throw new LogError('LOG_UNAVAILABLE', said, facts, { cause });
    }
  }

  async offsetAt(partition: number, time: number): Promise<number> {
    this.checkPartition(partition);
    return this.#reader.offsetAt(partition, time);
  }

  earliest(partition: number): number {
    return this.journal.earliest(partition);
  }

  next(partition: number): number {
    return this.journal.next[partition];
  }

  get ends(): number[] {
    return Array.from({ length: this.partitions }, (_, partition) => this.next(partition));
  }

  describe(): TopicDescription {
    const partitions = Array.from({ length: this.partitions }, (_, partition) => ({
      partition,
      earliest: this.earliest(partition),
      next: this.next(partition),
    }));
    return { topic: this.name, options: this.options, bytes: this.journal.bytes, partitions };
  }

  /** Calls `listener` whenever records became readable, until the function that comes back is called. */
  listen(listener: () => void): () => void {
    this.journal.listeners.add(listener);
    return () => this.journal.listeners.delete(listener);
  }

  close(): Promise<void> {
    return this.writer.close();
  }
}

/** Folders of topics that were being made when the process died. */
export const draftSuffix = '.~draft';
