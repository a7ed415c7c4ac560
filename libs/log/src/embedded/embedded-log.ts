import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordBatch } from '../batch.js';
import { LogError } from '../errors.js';
import type {
  Appended,
  ConsumeOptions,
  Consumer,
  GroupDescription,
  GroupPosition,
  Log,
  LogRecord,
  ReadOptions,
  TopicDescription,
  TopicOptions,
} from '../log.js';
import { Backlog } from './backlog.js';
import type { Block } from './block.js';
import type { Blocks } from './blocks.js';
import { Cache } from './cache.js';
import { EmbeddedConsumer } from './consumer.js';
import { syncFolder } from './files.js';
import { ConsumerGroup, checkPosition } from './group-members.js';
import { type EmbeddedLogOptions, limitsOf } from './limits.js';
import { lockFolder } from './lock.js';
import { Positions } from './positions.js';
import { RecordedOrder } from './recorded-order.js';
import { draftSuffix, type Engine, Topic } from './topic.js';
import { checkTopicName, checkTopicOptions, differences } from './topic-options.js';

/**
 * Opens the log in a folder, or makes one there. Rejects with LOG_LOCKED {pid} while another process, or this one, has
 * it open; with LOG_UNAVAILABLE when the folder can't be used.
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<Log> {
  const limits = limitsOf(options);
  const { directory } = limits;
  let unlock: (() => void) | undefined;
  try {
    await mkdir(join(directory, 'topics'), { recursive: true });
    unlock = lockFolder(directory);
    const engine = {
      limits,
      cache: new Cache<Block | Blocks>(limits.cacheBytesMax),
      backlog: new Backlog(limits.waitingBytesMax),
      order: new RecordedOrder(limits.clock),
    };
    const topics = await openTopics(engine, join(directory, 'topics'));
    const positions = await Positions.open(engine, join(directory, 'positions'));
    await syncFolder(directory);
    return new EmbeddedLog(engine, topics, positions, unlock);
  } catch (error) {
    unlock?.();
    if (error instanceof LogError) throw error;
    const message = `The log in ${directory} can't be opened: ${(error as Error).message}.`;
    throw new LogError('LOG_UNAVAILABLE', message, { directory }, { cause: error });
  }
}

/** A topic that can't be opened is kept as the reason why: the others are not its concern. */
async function openTopics(engine: Engine, folder: string): Promise<Map<string, Topic | LogError>> {
  const topics = new Map<string, Topic | LogError>();
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    if (name.endsWith(draftSuffix)) {
      await rm(path, { recursive: true });
      continue;
    }
    try {
      topics.set(name, await Topic.open(engine, path, name));
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      topics.set(name, error);
    }
  }
  return topics;
}

class EmbeddedLog implements Log {
  readonly #creating = new Map<string, Promise<Topic>>();
  readonly #groups = new Map<string, ConsumerGroup>();
  readonly #consumers = new Set<Consumer>();
  readonly #expiring: NodeJS.Timeout;
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(
    private readonly engine: Engine,
    private readonly open: Map<string, Topic | LogError>,
    private readonly positions: Positions,
    private readonly unlock: () => void,
  ) {
    this.#expiring = setInterval(() => this.#expire(), engine.limits.expireEveryMs).unref();
  }

  async createTopic(topic: string, options: TopicOptions): Promise<string[]> {
    this.#checkOpen();
    checkTopicName(topic);
    const wanted = checkTopicOptions(topic, options);
    if (this.open.has(topic)) return differences(this.#topic(topic).options, wanted);
    let creating = this.#creating.get(topic);
    if (!creating) {
      creating = this.#create(topic, wanted).finally(() => this.#creating.delete(topic));
      this.#creating.set(topic, creating);
    }
    return differences((await creating).options, wanted);
  }

  async #create(name: string, options: TopicOptions): Promise<Topic> {
    const { directory } = this.engine.limits;
    try {
      const topic = await Topic.create(this.engine, join(directory, 'topics', name), name, options);
      this.open.set(name, topic);
      return topic;
    } catch (cause) {
      const message = `Topic ${name} can't be made: ${(cause as Error).message}.`;
      throw new LogError('LOG_UNAVAILABLE', message, { topic: name }, { cause });
    }
  }

  async topics(): Promise<string[]> {
    return [...this.open.keys()].sort();
  }

  async describe(topic: string): Promise<TopicDescription> {
    return this.#topic(topic).describe();
  }

  async ends(topics: readonly string[]): Promise<number[][]> {
    return topics.map((topic) => this.#topic(topic).ends);
  }

  async append(topic: string, records: readonly LogRecord[]): Promise<Appended> {
    this.#checkOpen();
    return this.#topic(topic).append(records);
  }

  async read(topic: string, partition: number, offset: number, options?: ReadOptions): Promise<RecordBatch> {
    return this.#topic(topic).read(partition, offset, options);
  }

  async offsetAt(topic: string, partition: number, time: number): Promise<number> {
    return this.#topic(topic).offsetAt(partition, time);
  }

  async consume(group: string, topics: readonly string[], options: ConsumeOptions = {}): Promise<Consumer> {
    this.#checkOpen();
    const sources = new Map(topics.map((topic) => [topic, this.#topic(topic)]));
    const left = () => {
      this.#consumers.delete(consumer);
      if (members.empty) this.#groups.delete(group);
    };
    const members = this.#group(group);
    this.#groups.set(group, members);
    const consumer = new EmbeddedConsumer(randomUUID(), members, sources, options, left);
    this.#consumers.add(consumer);
    return consumer;
  }

  #group(name: string): ConsumerGroup {
    return this.#groups.get(name) ?? new ConsumerGroup(name, this.positions);
  }

  async groups(): Promise<string[]> {
    return [...new Set([...this.positions.groups(), ...this.#groups.keys()])].sort();
  }

  async describeGroup(group: string): Promise<GroupDescription> {
    return this.#group(group).describe();
  }

  async resetGroup(group: string, positions: readonly Omit<GroupPosition, 'metadata'>[]): Promise<void> {
    this.#checkOpen();
    if (this.#groups.has(group)) {
      const message = `Group ${group} has members. Stop them, then move its positions.`;
      throw new LogError('LOG_GROUP_ACTIVE', message, { group });
    }
    for (const position of positions) {
      this.#topic(position.topic).checkPartition(position.partition);
      checkPosition(position);
    }
    await this.positions.commit(
      group,
      positions.map(({ topic, partition, offset }) => ({ topic, partition, offset, metadata: '' })),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #expire(): void {
    const now = this.engine.limits.clock.now();
    for (const topic of this.open.values()) if (topic instanceof Topic) topic.expire(now);
  }

  /** Consumers first: what they do at the end may still append and commit. */
  async #close(): Promise<void> {
    await Promise.allSettled([...this.#consumers].map((consumer) => consumer.close()));
    this.#closed = true;
    clearInterval(this.#expiring);
    await Promise.allSettled(this.#creating.values());
    await Promise.all([...this.open.values()].map((topic) => (topic instanceof Topic ? topic.close() : undefined)));
    await this.positions.close();
    this.unlock();
  }

  #checkOpen(): void {
    if (this.#closed) throw new LogError('LOG_UNAVAILABLE', 'The log is closed.');
  }

  #topic(name: string): Topic {
    const topic = this.open.get(name);
    if (topic instanceof Topic) return topic;
    if (topic) throw topic;
    throw new LogError('LOG_TOPIC_UNKNOWN', `There is no topic ${name}. Create it first.`, { topic: name });
  }
}
