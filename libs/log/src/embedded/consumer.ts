import type { RecordBatch } from '../batch.js';
import { LogError } from '../errors.js';
import type { ConsumeOptions, Consumer, GroupPosition } from '../log.js';
import { partitionKey, type TopicPartition } from './assignment.js';
import type { ConsumerGroup, Member } from './group-members.js';
import type { Topic } from './topic.js';

const bytesMaxDefault = 1024 * 1024;

/** A partition that the member reads. */
interface Held extends TopicPartition {
  topic: string;
  source: Topic;
  position: number;
}

/**
 * A member of a group. All that happens between members happens inside `poll` and `close`: first it lets go of what
 * another member is to have, then takes up what has become its own, then reads. With nothing to read it sleeps until a
 * write, another member or its owner wakes it.
 */
export class EmbeddedConsumer implements Consumer, Member {
  readonly topics: ReadonlySet<string>;
  readonly #held = new Map<string, Held>();
  readonly #paused = new Set<string>();
  /** Seeks in partitions that are not taken up yet. */
  readonly #sought = new Map<string, number>();
  readonly #unlisten: (() => void)[];
  #awake = true;
  #sleeper: (() => void) | undefined;
  #polling: Promise<RecordBatch[] | null> | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(
    readonly id: string,
    private readonly group: ConsumerGroup,
    private readonly sources: ReadonlyMap<string, Topic>,
    private readonly options: ConsumeOptions,
    private readonly left: () => void,
  ) {
    this.topics = new Set(sources.keys());
    this.#unlisten = [...sources.values()].map((topic) => topic.listen(() => this.wake()));
    const partitions = [...sources.values()].flatMap((topic) =>
      Array.from({ length: topic.partitions }, (_, partition) => ({ topic: topic.name, partition })),
    );
    group.join(this, partitions);
  }

  wake(): void {
    this.#awake = true;
    this.#sleeper?.();
    this.#sleeper = undefined;
  }

  poll(): Promise<RecordBatch[] | null> {
    this.#polling = this.#poll();
    return this.#polling;
  }

  async #poll(): Promise<RecordBatch[] | null> {
    while (!this.#closing) {
      this.#awake = false;
      await this.#letGo([...this.#held.keys()].filter((key) => this.group.isLosing(this, key)));
      await this.#takeUp();
      const batches = await this.#read();
      if (this.#closing) break;
      if (batches.length > 0) return batches;
      if (!this.#awake) await new Promise<void>((resolve) => (this.#sleeper = resolve));
    }
    return null;
  }

  async #letGo(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const partitions = keys.map((key) => this.#held.get(key) as Held);
    try {
      await this.options.revoked?.(partitions.map(({ topic, partition }) => ({ topic, partition })));
    } finally {
      for (const key of keys) {
        this.#held.delete(key);
        this.#paused.delete(key);
        this.#sought.delete(key);
      }
      this.group.letGo(keys);
    }
  }

  async #takeUp(): Promise<void> {
    const taken = this.group.takeUp(this);
    if (taken.length === 0) return;
    try {
      const committed = taken.map((each) => this.#committed(each));
      const starts = await this.options.assigned?.(committed);
      for (const [i, { topic, partition, offset }] of committed.entries()) {
        const key = partitionKey(taken[i]);
        const position = this.#sought.get(key) ?? starts?.[i] ?? offset;
        this.#held.set(key, { topic, partition, source: this.#source(topic), position });
        this.#sought.delete(key);
      }
    } catch (error) {
      this.group.letGo(taken.map(partitionKey));
      throw error;
    }
  }

  #committed({ topic, partition }: TopicPartition): GroupPosition {
    const committed = this.group.positions.get(this.group.name, topic, partition);
    if (committed) return { ...committed };
    const source = this.#source(topic);
    const offset = this.options.start === 'latest' ? source.next(partition) : source.earliest(partition);
    return { topic, partition, offset, metadata: '' };
  }

  #source(topic: string): Topic {
    return this.sources.get(topic) as Topic;
  }

  /** One batch of each partition that has records, all as of one moment. */
  async #read(): Promise<RecordBatch[]> {
    const ready = [...this.#held].flatMap(([key, held]) => {
      const end = held.source.next(held.partition);
      return held.position === end || this.#paused.has(key) ? [] : [{ key, held, end, position: held.position }];
    });
    if (ready.length === 0) return [];
    const { bytesMax = bytesMaxDefault, recordsMax } = this.options;
    const limits = { bytesMax: bytesMax / ready.length, recordsMax };
    const reads = ready.map(({ held, end }) => held.source.read(held.partition, held.position, limits, end));
    const results = await Promise.allSettled(reads);
    const failed = results.findIndex((result) => result.status === 'rejected');
    if (failed >= 0) {
      this.#paused.add(ready[failed].key);
      throw (results[failed] as PromiseRejectedResult).reason;
    }
    return results.flatMap((result, i) => {
      const { key, held, position } = ready[i];
      const batch = (result as PromiseFulfilledResult<RecordBatch>).value;
      // Its owner may have sought or paused while the disk was read.
      if (held.position !== position || this.#paused.has(key)) return [];
      held.position = batch.nextOffset;
      return [batch];
    });
  }

  async commit(positions: readonly (Omit<GroupPosition, 'metadata'> & { metadata?: string })[]): Promise<void> {
    if (this.#closed) throw new LogError('LOG_UNAVAILABLE', 'The consumer is closed.', { group: this.group.name });
    await this.group.commit(
      this,
      positions.map(({ topic, partition, offset, metadata = '' }) => ({ topic, partition, offset, metadata })),
    );
  }

  seek(topic: string, partition: number, offset: number): void {
    const key = partitionKey({ topic, partition });
    const held = this.#held.get(key);
    if (held) held.position = offset;
    else this.#sought.set(key, offset);
    this.wake();
  }

  pause(topic: string, partition: number): void {
    this.#paused.add(partitionKey({ topic, partition }));
  }

  resume(topic: string, partition: number): void {
    this.#paused.delete(partitionKey({ topic, partition }));
    this.wake();
  }

  close(): Promise<void> {
    this.#closing ??= Promise.resolve().then(() => this.#close());
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.wake();
    await this.#polling?.catch(() => {});
    for (const unlisten of this.#unlisten) unlisten();
    try {
      await this.#letGo([...this.#held.keys()]);
    } finally {
      this.#closed = true;
      this.group.leave(this);
      this.left();
    }
  }
}
