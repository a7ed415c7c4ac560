import type { RecordBatch } from '../batch.js';
import { LogError } from '../errors.js';
import type { ConsumeOptions, Consumer, GroupPosition } from '../log.js';
import type { Cluster } from './cluster.js';
import { Membership, partitionKey, type TopicPartition } from './membership.js';
import { type Held, nothing, PartitionReader } from './partition-reader.js';
import { checkPosition, type GroupPositions } from './positions.js';
import { bytesMaxDefault } from './read.js';
import { Settling } from './settling.js';
import { StartPositions } from './start-positions.js';
import type { Topics } from './topics.js';

/** What consumers of one log share. */
export interface ConsumerHome {
  cluster: Cluster;
  topics: Topics;
  positions: GroupPositions;
  /** Other members of the group in this process shall hear at once that something has changed. */
  nudge(group: string, except: KafkaConsumer): void;
  left(consumer: KafkaConsumer): void;
}

/**
 * A member of a group. All that happens between members happens inside `poll` and `close`: first it lets go of what
 * another member is to have, then takes up what has become its own, then reads. Meanwhile heartbeats keep its place,
 * so a member that does not poll keeps its partitions (for five minutes).
 */
export class KafkaConsumer implements Consumer {
  readonly id: string;
  readonly #membership: Membership;
  readonly #reader: PartitionReader;
  readonly #paused = new Set<string>();
  /** Seeks in partitions that are not taken up yet. */
  readonly #sought = new Map<string, number>();
  readonly #starts: StartPositions;
  readonly #topics: readonly string[];
  readonly #settling: Settling;
  #awake = true;
  #sleeper: (() => void) | undefined;
  #polling: Promise<RecordBatch[] | null> | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(
    readonly group: string,
    topics: readonly string[],
    instanceId: string | undefined,
    private readonly home: ConsumerHome,
    private readonly options: ConsumeOptions,
  ) {
    const { prefix } = home.cluster.limits;
    const { bytesMax = bytesMaxDefault, recordsMax = Number.POSITIVE_INFINITY } = options;
    this.#reader = new PartitionReader(home.cluster, home.topics, { bytesMax, recordsMax }, () => this.#wake());
    this.#settling = new Settling(home.cluster.limits.clock, () => this.#wake());
    this.#starts = new StartPositions(home, group);
    this.#topics = topics.map((topic) => prefix + topic);
    this.#membership = new Membership(home.cluster, {
      group: prefix + group,
      topics: this.#topics,
      instanceId,
      held: () => [...this.#reader.held.values()],
      changed: () => this.#wake(),
    });
    this.id = this.#membership.id;
  }

  async join(): Promise<void> {
    if (this.options.start === 'latest') await this.#starts.noteEnds(this.#topics);
    await this.#membership.join();
    this.home.nudge(this.group, this);
  }

  /** Asks the coordinator now what has changed. */
  nudge(): void {
    void this.#membership.beat();
  }

  #wake(): void {
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
      // A process that slept may have lost everything meanwhile, and what it has fetched is no longer for it.
      if (this.#membership.isDoubtful) await this.#membership.beat();
      await this.#letGo([...this.#reader.held.values()].filter((held) => !this.#owns(held)));
      await this.#takeUp();
      if (!this.#settling.isWaiting) {
        const batches = this.#take();
        if (this.#closing) break;
        if (batches.length > 0) return batches;
        if (!this.#settling.isWaiting) this.#reader.ask();
      }
      if (!this.#awake) await new Promise<void>((resolve) => (this.#sleeper = resolve));
    }
    return null;
  }

  #take(): RecordBatch[] {
    const batches = this.#reader.take();
    if (!this.options.merged) return batches;
    return this.#settling.settled(batches, this.#reader.asOf, (place, offset) =>
      this.#reader.seek(this.#reader.held.get(this.#key(place.topic, place.partition)) as Held, offset),
    );
  }

  #owns(held: Held): boolean {
    const { incarnation, assigned } = this.#membership;
    return held.incarnation === incarnation && assigned.has(partitionKey(held));
  }

  async #letGo(losing: readonly Held[]): Promise<void> {
    if (losing.length === 0) return;
    const lost = losing.every(({ incarnation }) => incarnation !== this.#membership.incarnation);
    try {
      await this.options.revoked?.(losing.map(({ name, partition }) => ({ topic: name, partition })));
    } catch (error) {
      // What belongs to others already can't be committed any more.
      if (!(lost && error instanceof LogError && error.code === 'LOG_NOT_OWNED')) throw error;
    } finally {
      for (const held of losing) {
        const key = partitionKey(held);
        this.#reader.held.delete(key);
        this.#paused.delete(key);
        this.#sought.delete(key);
      }
    }
    await this.#membership.beat();
    this.home.nudge(this.group, this);
  }

  async #takeUp(): Promise<void> {
    const { assigned, incarnation } = this.#membership;
    const taken = [...assigned].filter(([key]) => !this.#reader.held.has(key));
    if (taken.length === 0) return;
    const found = await this.#lookUp(taken.map(([, place]) => place));
    if (!found) return;
    const { committed, ends, compacted } = found;
    const starts = await this.options.assigned?.(committed);
    for (const [i, [key, { topic, partition }]] of taken.entries()) {
      // Given to another while we asked around.
      if (this.#membership.incarnation !== incarnation) return;
      this.#reader.held.set(key, {
        topic,
        partition,
        name: committed[i].topic,
        incarnation,
        compacted: compacted[i],
        position: this.#sought.get(key) ?? starts?.[i] ?? committed[i].offset,
        end: ends[i],
        askedAt: 0,
        paused: this.#paused.has(key),
        ...nothing,
        needs: 0,
        version: 0,
      });
      this.#sought.delete(key);
    }
  }

  /** What has to be known of partitions before they are read; undefined while brokers do not answer. */
  async #lookUp(places: readonly TopicPartition[]) {
    try {
      return await this.#starts.of(places);
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'LOG_UNAVAILABLE')) throw error;
      // Said to have been tried already; a reader waits as long as it takes.
      this.#awake = true;
      return undefined;
    }
  }

  async commit(positions: readonly (Omit<GroupPosition, 'metadata'> & { metadata?: string })[]): Promise<void> {
    const { group } = this;
    if (this.#closed) throw new LogError('LOG_UNAVAILABLE', 'The consumer is closed.', { group });
    positions.forEach(checkPosition);
    const foreign = () => positions.find(({ topic, partition }) => !this.#mayCommit(this.#key(topic, partition)));
    if (foreign()) {
      // It may have become this one's just now.
      await this.home.positions.settled(group);
      await this.#membership.beat();
    }
    const { topic, partition } = foreign() ?? {};
    if (topic !== undefined) {
      const message = `${topic}/${partition} belongs to another member of ${group}: its position is not for this one.`;
      throw new LogError('LOG_NOT_OWNED', message, { group, topic, partition });
    }
    if (positions.length === 0) return;
    await this.home.positions.commit(
      group,
      positions,
      () => this.#membership,
      () => this.#membership.beat(),
    );
  }

  /** What it holds, also while it lets go; and what it may take up. */
  #mayCommit(key: string): boolean {
    const held = this.#reader.held.get(key);
    return held ? held.incarnation === this.#membership.incarnation : this.#membership.assigned.has(key);
  }

  #key(topic: string, partition: number): string {
    return partitionKey({ topic: this.home.cluster.limits.prefix + topic, partition });
  }

  seek(topic: string, partition: number, offset: number): void {
    const key = this.#key(topic, partition);
    const held = this.#reader.held.get(key);
    if (held) this.#reader.seek(held, offset);
    else this.#sought.set(key, offset);
    this.#wake();
  }

  pause(topic: string, partition: number): void {
    const key = this.#key(topic, partition);
    this.#paused.add(key);
    const held = this.#reader.held.get(key);
    if (held) held.paused = true;
  }

  resume(topic: string, partition: number): void {
    const key = this.#key(topic, partition);
    this.#paused.delete(key);
    const held = this.#reader.held.get(key);
    if (held) held.paused = false;
    this.#wake();
  }

  close(): Promise<void> {
    this.#closing ??= Promise.resolve().then(() => this.#close());
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#wake();
    this.#settling.stop();
    await this.#polling?.catch(() => {});
    const held = [...this.#reader.held.values()];
    try {
      if (held.length > 0)
        await this.options.revoked?.(held.map(({ name, partition }) => ({ topic: name, partition })));
    } finally {
      this.#closed = true;
      await this.#reader.close();
      // A coordinator that is away misses the heartbeats soon enough.
      await this.#membership.leave().catch(() => {});
      this.home.left(this);
      this.home.nudge(this.group, this);
    }
  }
}
