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
import { partitionOf } from '../partitioner.js';
import { Cluster, type TopicMetadata } from './cluster.js';
import { type ConsumerHome, KafkaConsumer } from './consumer.js';
import { type KafkaLimits, type KafkaLogOptions, kafkaLimitsOf } from './options.js';
import { checkPosition, GroupPositions } from './positions.js';
import { Producer } from './producer.js';
import { offsetAtEventTime, readPartition } from './read.js';
import { Topics } from './topics.js';

/** Connects to a Kafka cluster. Rejects with LOG_UNAVAILABLE where no broker answers, or they are too old. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<Log> {
  const cluster = new Cluster(kafkaLimitsOf(options));
  try {
    await cluster.open();
    return new KafkaLog(cluster, new Topics(cluster), new Producer(cluster));
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/**
 * Where Kafka promises less than the embedded log: records of one call that do not fit one batch may have those of other
 * processes between them; the order of recorded times holds among the appends of one process, and as far as clocks agree.
 */
class KafkaLog implements Log {
  readonly #limits: KafkaLimits;
  readonly #groups: GroupPositions;
  readonly #consumers = new Set<KafkaConsumer>();
  readonly #home: ConsumerHome;
  #recordedAt = Number.NEGATIVE_INFINITY;
  #turn = 0;
  /** Appends that have to find their topic first. */
  readonly #asking = new Set<Promise<Appended>>();
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly catalogue: Topics,
    private readonly producer: Producer,
  ) {
    this.#limits = cluster.limits;
    this.#groups = new GroupPositions(cluster);
    this.#home = {
      cluster,
      topics: catalogue,
      positions: this.#groups,
      nudge: (group, except) => {
        for (const consumer of this.#consumers) if (consumer.group === group && consumer !== except) consumer.nudge();
      },
      left: (consumer) => this.#consumers.delete(consumer),
    };
  }

  async createTopic(topic: string, options: TopicOptions): Promise<string[]> {
    this.#checkOpen();
    return this.catalogue.create(topic, options);
  }

  topics(): Promise<string[]> {
    return this.catalogue.list();
  }

  describe(topic: string): Promise<TopicDescription> {
    return this.catalogue.describe(topic);
  }

  ends(topics: readonly string[]): Promise<number[][]> {
    return this.catalogue.endsOf(topics);
  }

  async append(topic: string, records: readonly LogRecord[]): Promise<Appended> {
    this.#checkOpen();
    const known = this.cluster.peek(this.#limits.prefix + topic);
    if (known) return this.#append(topic, known, records);
    const asking = this.catalogue.get(topic).then((metadata) => this.#append(topic, metadata, records));
    this.#asking.add(asking);
    return asking.finally(() => this.#asking.delete(asking));
  }

  #append(topic: string, { name, leaders }: TopicMetadata, records: readonly LogRecord[]): Promise<Appended> {
    const { length } = records;
    const partitions = new Int32Array(length);
    if (length === 0) return Promise.resolve({ partitions, offsets: new Float64Array(0) });
    // Records of one call without a key share a partition: one batch, not many.
    const keyless = this.#turn++ % leaders.length;
    let bytes = 0;
    for (let i = 0; i < length; i++) {
      const record = records[i];
      const recordBytes = (record.key?.length ?? 0) + record.value.length;
      if (recordBytes > this.#limits.recordBytesMax) throw this.#tooLarge(topic, i, recordBytes);
      if (!Number.isFinite(record.time)) {
        const message = `Record ${i} has no event time: it must be milliseconds since 1970, not ${record.time}.`;
        throw new LogError('LOG_RECORD_INVALID', message, { topic, index: i, time: record.time });
      }
      partitions[i] = record.partition ?? (record.key ? partitionOf(record.key, leaders.length) : keyless);
      if (record.partition !== undefined) checkPartition(topic, leaders.length, record.partition);
      bytes += recordBytes;
    }
    this.#recordedAt = Math.max(this.#recordedAt, this.#limits.clock.now());
    return this.producer.append(name, records, partitions, bytes, this.#recordedAt);
  }

  #tooLarge(topic: string, index: number, bytes: number): LogError {
    const { recordBytesMax } = this.#limits;
    const message = `A record may hold up to ${recordBytesMax} bytes; record ${index} has ${bytes}.`;
    return new LogError('LOG_RECORD_TOO_LARGE', message, { topic, index, bytes, recordBytesMax });
  }

  async read(name: string, partition: number, offset: number, options: ReadOptions = {}): Promise<RecordBatch> {
    const topic = await this.#partition(name, partition);
    return readPartition(
      { cluster: this.cluster, topics: this.catalogue },
      { topic, name, partition },
      offset,
      options,
    );
  }

  async offsetAt(name: string, partition: number, time: number): Promise<number> {
    const topic = await this.#partition(name, partition);
    return offsetAtEventTime({ cluster: this.cluster, topics: this.catalogue }, { topic, name, partition }, time);
  }

  async #partition(name: string, partition: number): Promise<TopicMetadata> {
    const topic = await this.catalogue.get(name);
    checkPartition(name, topic.leaders.length, partition);
    return topic;
  }

  async consume(group: string, topics: readonly string[], options: ConsumeOptions = {}): Promise<Consumer> {
    this.#checkOpen();
    await Promise.all(topics.map((topic) => this.catalogue.get(topic)));
    const consumer = new KafkaConsumer(group, topics, this.#instanceId(group), this.#home, options);
    this.#consumers.add(consumer);
    try {
      await consumer.join();
    } catch (error) {
      await consumer.close();
      throw error;
    }
    return consumer;
  }

  /** A second member of one group in this process needs a name of its own. */
  #instanceId(group: string): string | undefined {
    const { instanceId } = this.#limits;
    if (instanceId === undefined) return undefined;
    const number = [...this.#consumers].filter((consumer) => consumer.group === group).length;
    return number === 0 ? instanceId : `${instanceId}-${number}`;
  }

  groups(): Promise<string[]> {
    return this.#groups.list();
  }

  describeGroup(group: string): Promise<GroupDescription> {
    return this.#groups.describe(group);
  }

  async resetGroup(group: string, positions: readonly Omit<GroupPosition, 'metadata'>[]): Promise<void> {
    this.#checkOpen();
    const { members } = await this.#groups.describe(group);
    if (members.length === 0) {
      for (const position of positions) {
        await this.#partition(position.topic, position.partition);
        checkPosition(position);
      }
    }
    await this.#groups.reset(group, positions);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Consumers first: what they do at the end may still append and commit. */
  async #close(): Promise<void> {
    await Promise.allSettled([...this.#consumers].map((consumer) => consumer.close()));
    this.#closed = true;
    await Promise.allSettled(this.#asking);
    await this.producer.drain();
    await this.cluster.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new LogError('LOG_UNAVAILABLE', 'The log is closed.');
  }
}

function checkPartition(topic: string, partitions: number, partition: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return;
  const message = `Topic ${topic} has the partitions 0 to ${partitions - 1}; there is no ${partition}.`;
  throw new LogError('LOG_PARTITION_UNKNOWN', message, { topic, partition });
}
