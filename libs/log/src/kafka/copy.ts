import { deleteRecordsV2 } from '@platformatic/kafka';
import type { RecordBatch } from '../batch.js';
import { LogError } from '../errors.js';
import type { Log, LogRecord } from '../log.js';
import { Cluster, type TopicMetadata } from './cluster.js';
import { checkCode } from './failures.js';
import { type KafkaLogOptions, kafkaLimitsOf } from './options.js';
import { GroupPositions } from './positions.js';
import { Producer } from './producer.js';
import { readPartition } from './read.js';
import { Topics } from './topics.js';

/** What the copy of a topic holds. */
export interface CopiedTopic {
  topic: string;
  partitions: number;
  /** Records of the source, those that an earlier run copied among them. */
  records: number;
  /** Records that the source can't read any more; empty ones stand in their place. */
  damaged: number;
  /** What the topic on Kafka, which was there, has other than asked for. */
  differences: string[];
}

export interface CopiedLog {
  topics: CopiedTopic[];
  groups: string[];
}

export interface CopyOptions extends KafkaLogOptions {
  /** Told now and then. */
  onProgress?(done: { records: number; of: number }): void;
}

/** Partitions on their way at once; each has one read of this size in memory. */
const partitionsAtOnce = 16;
const readBytesMax = 1024 * 1024;
/** Empty records that stand for offsets which the source has deleted, so many a call. */
const fillRecords = 10_000;

const empty = new Uint8Array(0);

/**
 * Copies a log to Kafka, offset by offset: positions, snapshots and the evidence of alerts name offsets, and stay right.
 * What retention took from the source is deleted on Kafka, too. Key, event time, value and recorded time are kept;
 * positions of groups come last. Run again, it goes on where it stopped. Nobody may write to either log meanwhile.
 *
 * Rejects with LOG_NOT_A_COPY where a topic on Kafka holds anything else, LOG_GROUP_ACTIVE where a group has members
 * there, LOG_UNAVAILABLE.
 */
export async function copyLogToKafka(source: Log, options: CopyOptions): Promise<CopiedLog> {
  const cluster = new Cluster(kafkaLimitsOf(options));
  try {
    await cluster.open();
    const copy = new Copy(source, cluster, options.onProgress ?? (() => {}));
    return await copy.run();
  } finally {
    await cluster.close();
  }
}

/** A partition, and how far its copy goes. */
interface Place {
  topic: string;
  partition: number;
  earliest: number;
  next: number;
}

class Copy {
  readonly #topics: Topics;
  readonly #producer: Producer;
  readonly #groups: GroupPositions;
  #done = 0;
  #of = 0;

  constructor(
    private readonly source: Log,
    private readonly cluster: Cluster,
    private readonly onProgress: NonNullable<CopyOptions['onProgress']>,
  ) {
    this.#topics = new Topics(cluster);
    this.#producer = new Producer(cluster);
    this.#groups = new GroupPositions(cluster);
  }

  async run(): Promise<CopiedLog> {
    const groups = await this.source.groups();
    for (const group of groups) await this.#groups.refuseMembers(group);
    const topics: CopiedTopic[] = [];
    const places: Place[] = [];
    for (const topic of await this.source.topics()) {
      const { options, partitions } = await this.source.describe(topic);
      // How the source compresses says nothing of how the producer here does.
      const differences = await this.#topics.create(topic, { ...options, compression: undefined });
      const { leaders } = await this.#topics.get(topic);
      if (leaders.length !== partitions.length) throw otherPartitions(topic, leaders.length, partitions.length);
      places.push(...partitions.map((partition) => ({ topic, ...partition })));
      const records = partitions.reduce((sum, { earliest, next }) => sum + next - earliest, 0);
      topics.push({ topic, partitions: partitions.length, records, damaged: 0, differences });
    }
    this.#of = places.reduce((sum, { earliest, next }) => sum + next - earliest, 0);
    const damaged = await this.#copyAll(places);
    for (const copied of topics) copied.damaged = damaged.get(copied.topic) ?? 0;
    for (const group of groups) {
      const { positions } = await this.source.describeGroup(group);
      if (positions.length > 0) await this.#groups.reset(group, positions);
    }
    await this.#producer.drain();
    return { topics, groups };
  }

  /** By topic: the records that could not be read. */
  async #copyAll(places: readonly Place[]): Promise<Map<string, number>> {
    const damaged = new Map<string, number>();
    const waiting = places.values();
    const copyEach = async () => {
      for (const place of waiting) {
        const unreadable = await this.#copyPartition(place);
        damaged.set(place.topic, (damaged.get(place.topic) ?? 0) + unreadable);
      }
    };
    await Promise.all(Array.from({ length: partitionsAtOnce }, copyEach));
    return damaged;
  }

  async #copyPartition(place: Place): Promise<number> {
    const topic = await this.#topics.get(place.topic);
    const [stored] = await this.#topics.end(topic.name, [place.partition]);
    if (stored > place.next) throw notACopy(place, `it has ${stored} records and more than the source, ${place.next}`);
    if (stored > place.earliest) await this.#compareLast(topic, place, stored - 1);
    this.#report(Math.max(0, stored - place.earliest));
    let damaged = 0;
    let recordedAt = await this.#firstRecordedAt(place);
    await this.#fill(topic, place, stored, place.earliest, recordedAt);
    for (let offset = Math.max(stored, place.earliest); offset < place.next; ) {
      const read = await this.#read(place, offset);
      if (typeof read === 'number') {
        await this.#fill(topic, place, offset, read, recordedAt);
        damaged += read - offset;
        this.#report(read - offset);
        offset = read;
      } else {
        await this.#append(topic, read);
        this.#report(read.count);
        recordedAt = read.recordedAt(read.count - 1);
        offset = read.nextOffset;
      }
    }
    if (place.earliest > 0) await this.#deleteBefore(topic, place);
    return damaged;
  }

  /** What is there was copied by an earlier run, or else it is not ours to go on with. */
  async #compareLast(topic: TopicMetadata, place: Place, offset: number): Promise<void> {
    const original = await this.#read(place, offset);
    if (typeof original === 'number') return;
    const at = { topic, name: place.topic, partition: place.partition };
    const copied = await readPartition({ cluster: this.cluster, topics: this.#topics }, at, offset, { recordsMax: 1 });
    const isSame =
      copied.time(0) === original.time(0) &&
      copied.value(0).equals(original.value(0)) &&
      (copied.key(0) ?? empty).toString() === (original.key(0) ?? empty).toString();
    if (!isSame) throw notACopy(place, `its record ${offset} is another one`);
  }

  /** A number: the first offset that can be read again, where records are damaged or gone. */
  async #read({ topic, partition, next }: Place, offset: number): Promise<RecordBatch | number> {
    try {
      return await this.source.read(topic, partition, offset, { bytesMax: readBytesMax, recordsMax: next - offset });
    } catch (error) {
      const onward = error instanceof LogError && (error.facts.nextReadable ?? error.facts.earliest);
      if (typeof onward !== 'number' || onward <= offset) throw error;
      return Math.min(onward, next);
    }
  }

  async #firstRecordedAt(place: Place): Promise<number> {
    if (place.next === place.earliest) return this.cluster.limits.clock.now();
    const first = await this.#read(place, place.earliest);
    return typeof first === 'number' ? this.cluster.limits.clock.now() : first.recordedAt(0);
  }

  /** Records of one recorded time are one call; calls that wait together become one batch. */
  async #append(topic: TopicMetadata, batch: RecordBatch): Promise<void> {
    const appends: Promise<unknown>[] = [];
    for (let i = 0; i < batch.count; ) {
      const recordedAt = batch.recordedAt(i);
      const records: LogRecord[] = [];
      for (; i < batch.count && batch.recordedAt(i) === recordedAt; i++) {
        records.push({ key: batch.key(i), time: batch.time(i), value: batch.value(i) });
      }
      appends.push(this.#produce(topic, batch.partition, records, recordedAt));
    }
    await Promise.all(appends);
  }

  async #fill(topic: TopicMetadata, { partition }: Place, from: number, to: number, recordedAt: number): Promise<void> {
    for (let offset = from; offset < to; offset += fillRecords) {
      const count = Math.min(fillRecords, to - offset);
      const records = new Array<LogRecord>(count).fill({ key: null, time: recordedAt, value: empty });
      await this.#produce(topic, partition, records, recordedAt);
    }
  }

  #produce(topic: TopicMetadata, partition: number, records: readonly LogRecord[], recordedAt: number) {
    const partitions = new Int32Array(records.length).fill(partition);
    const bytes = records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + value.length, 0);
    return this.#producer.append(topic.name, records, partitions, bytes, recordedAt);
  }

  async #deleteBefore({ name }: TopicMetadata, { partition, earliest }: Place): Promise<void> {
    const { cluster } = this;
    await cluster.patiently(`delete what is old in ${name}`, async () => {
      const leader = cluster.known(name)?.leaders[partition] ?? -1;
      const partitions = [{ partitionIndex: partition, offset: BigInt(earliest) }];
      const { topics } = await cluster.ask(leader, deleteRecordsV2.api, [{ name, partitions }], 10_000);
      for (const topic of topics) for (const { errorCode } of topic.partitions) checkCode(errorCode);
    });
  }

  #report(records: number): void {
    this.#done += records;
    this.onProgress({ records: this.#done, of: this.#of });
  }
}

function notACopy({ topic, partition }: Place, why: string): LogError {
  const message = `${topic}/${partition} on Kafka is no copy of this log: ${why}. Choose another WEIR_KAFKA_PREFIX, or delete what is there.`;
  return new LogError('LOG_NOT_A_COPY', message, { topic, partition });
}

function otherPartitions(topic: string, has: number, needs: number): LogError {
  const message = `${topic} on Kafka has ${has} partitions, and this log ${needs}: keys would go elsewhere. Choose another WEIR_KAFKA_PREFIX, or delete that topic.`;
  return new LogError('LOG_NOT_A_COPY', message, { topic, has, needs });
}
