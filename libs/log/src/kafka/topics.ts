import { setTimeout as sleep } from 'node:timers/promises';
import { createTopicsV7, describeConfigsV4, describeLogDirsV4, listOffsetsV7 } from '@platformatic/kafka';
import { LogError } from '../errors.js';
import type { PartitionDescription, TopicDescription, TopicOptions } from '../log.js';
import type { Cluster, TopicMetadata } from './cluster.js';
import { BrokerError, checkCode, codes, unavailable } from './failures.js';
import { messageBytesMax } from './options.js';

/** Instead of a time, in a question for offsets. */
const earliestTime = -2n;
const endTime = -1n;
const topicResource = 2;

type Configs = ReadonlyMap<string, string | null>;

const configNames = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'compression.type', 'max.message.bytes'];

/** Topics of the cluster: made, checked, described. */
export class Topics {
  readonly #compacted = new Map<string, boolean>();

  constructor(private readonly cluster: Cluster) {}

  /** All that begin with the prefix, without it. */
  async list(): Promise<string[]> {
    const { prefix } = this.cluster.limits;
    const all = await this.cluster.patiently('list its topics', () => this.cluster.refresh(null));
    return all.flatMap(({ name }) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : [])).sort();
  }

  /** As known last; rejects with LOG_TOPIC_UNKNOWN, which names the topic without its prefix. */
  async get(topic: string): Promise<TopicMetadata> {
    return (await this.cluster.topic(this.cluster.limits.prefix + topic)) ?? unknown(topic);
  }

  /** Makes it, or says how the one that is there differs. */
  async create(topic: string, options: TopicOptions): Promise<string[]> {
    const { cluster } = this;
    const name = cluster.limits.prefix + topic;
    checkOptions(topic, options);
    const wanted = configsOf(options, messageBytesMax(cluster.limits));
    const made = await cluster.patiently(`make topic ${topic}`, async () => {
      const configs = [...wanted].map(([key, value]) => ({ name: key, value }));
      const { replication = -1 } = cluster.limits;
      const request = {
        name,
        numPartitions: options.partitions,
        replicationFactor: replication,
        assignments: [],
        configs,
      };
      const { topics } = await cluster.askAny(createTopicsV7.api, [request], cluster.limits.patienceMs, false);
      const [{ errorCode, errorMessage }] = topics;
      if (errorCode === codes.topicExists) return false;
      if ([17, 37, 38, 40, 44].includes(errorCode)) {
        throw new LogError('LOG_TOPIC_INVALID', `Kafka refuses topic ${topic}: ${errorMessage}.`, { topic, options });
      }
      checkCode(errorCode, errorMessage);
      return true;
    });
    // Made by another at this moment, it is not to be seen yet either.
    await this.#untilThere(name);
    return made ? [] : this.#differences(name, options, wanted);
  }

  /** Brokers other than the one asked learn of a new topic a moment later; leaders are chosen then. */
  #untilThere(name: string): Promise<void> {
    return this.cluster.patiently(`show topic ${name}`, async () => {
      for (;;) {
        const [topic] = await this.cluster.refresh([name]).catch((error) => {
          if (error instanceof BrokerError) return [];
          throw error;
        });
        if (topic && !topic.leaders.includes(-1)) return;
        await sleep(20);
      }
    });
  }

  async #differences(name: string, options: TopicOptions, wanted: Configs): Promise<string[]> {
    const { partitions } = options;
    const { replication } = this.cluster.limits;
    const [topic] = await this.cluster.patiently(`describe ${name}`, () => this.cluster.refresh([name]));
    const has = await this.#configs(name);
    const unlike = [...wanted].flatMap(([key, value]) =>
      has.get(key) === value ? [] : [`${key} is ${has.get(key) ?? 'not set'}, asked for was ${value}`],
    );
    if (replication !== undefined && topic.copies.some((copies) => copies !== replication)) {
      const copies = [...new Set(topic.copies)].sort((a, b) => a - b).join(' or ');
      unlike.unshift(`replication is ${copies}, asked for was ${replication}`);
    }
    if (topic.leaders.length === partitions) return unlike;
    return [`partitions is ${topic.leaders.length}, asked for was ${partitions}`, ...unlike];
  }

  async #configs(name: string): Promise<Configs> {
    return this.cluster.patiently(`describe ${name}`, async () => {
      const question = { resourceType: topicResource, resourceName: name, configurationKeys: configNames } as const;
      const { results } = await this.cluster.askAny(describeConfigsV4.api, [question], false, false);
      const [{ errorCode, errorMessage, configs }] = results;
      checkCode(errorCode, errorMessage);
      return new Map(configs.map(({ name: key, value }) => [key, value ?? null]));
    });
  }

  /** Whether compaction may have taken records out; asked for once. */
  async isCompacted(name: string): Promise<boolean> {
    let compacted = this.#compacted.get(name);
    if (compacted === undefined) {
      compacted = (await this.#configs(name)).get('cleanup.policy')?.includes('compact') ?? false;
      this.#compacted.set(name, compacted);
    }
    return compacted;
  }

  async describe(topic: string): Promise<TopicDescription> {
    const name = this.cluster.limits.prefix + topic;
    const found = await this.cluster.patiently(`describe ${topic}`, () => this.cluster.refresh([name]));
    const metadata = found[0] ?? unknown(topic);
    const [configs, partitions, bytes] = await Promise.all([
      this.#configs(metadata.name),
      this.ends(metadata),
      this.#bytes(metadata),
    ]);
    return { topic, options: optionsOf(configs, metadata.leaders.length), bytes, partitions };
  }

  /** What the leaders hold: one copy of each partition. */
  async #bytes({ name }: TopicMetadata): Promise<number> {
    const { cluster } = this;
    return cluster.patiently(`say how large ${name} is`, async () => {
      const { leaders } = cluster.known(name) ?? { leaders: [] };
      let bytes = 0;
      for (const node of new Set(leaders)) {
        const partitions = leaders.flatMap((leader, partition) => (leader === node ? [partition] : []));
        const { errorCode, results } = await cluster.ask(node, describeLogDirsV4.api, [{ name, partitions }]);
        checkCode(errorCode);
        for (const { topics } of results) {
          for (const topic of topics) for (const { partitionSize } of topic.partitions) bytes += Number(partitionSize);
        }
      }
      return bytes;
    });
  }

  /** First and next offset of each partition. */
  async ends({ name, leaders }: TopicMetadata): Promise<PartitionDescription[]> {
    const all = leaders.map((_, partition) => partition);
    const [earliest, next] = await Promise.all([
      this.offsets(name, all, earliestTime),
      this.offsets(name, all, endTime),
    ]);
    return all.map((partition) => ({ partition, earliest: earliest[partition], next: next[partition] }));
  }

  earliest(name: string, partitions: readonly number[]): Promise<number[]> {
    return this.offsets(name, partitions, earliestTime);
  }

  end(name: string, partitions: readonly number[]): Promise<number[]> {
    return this.offsets(name, partitions, endTime);
  }

  /** By topic and partition, with one question to each broker. */
  endsOf(topics: readonly string[]): Promise<number[][]> {
    const { cluster } = this;
    return cluster.patiently('say where topics end', async () => {
      const found = await Promise.all(topics.map((topic) => this.get(topic)));
      const ends = new Map(found.map(({ name, leaders }) => [name, leaders.map(() => 0)]));
      const nodes = new Set(found.flatMap(({ leaders }) => leaders));
      try {
        await Promise.all([...nodes].map((node) => this.#askEnds(node, found, ends)));
      } catch (error) {
        await cluster.refresh([...ends.keys()]);
        throw error;
      }
      return found.map(({ name }) => ends.get(name) as number[]);
    });
  }

  async #askEnds(node: number, topics: readonly TopicMetadata[], ends: ReadonlyMap<string, number[]>): Promise<void> {
    const question = topics.map(({ name, leaders }) => ({
      name,
      partitions: leaders.flatMap((leader, partitionIndex) =>
        leader === node ? [{ partitionIndex, currentLeaderEpoch: -1, timestamp: endTime }] : [],
      ),
    }));
    const answer = await this.cluster.ask(node, listOffsetsV7.api, -1, 0, question);
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode, offset } of partitions) {
        checkCode(errorCode);
        (ends.get(name) as number[])[partitionIndex] = Number(offset);
      }
    }
  }

  /** Of each partition the first offset recorded at or after `time`; -1 where there is none. */
  offsets(name: string, partitions: readonly number[], time: bigint): Promise<number[]> {
    const { cluster } = this;
    return cluster
      .patiently(`say where ${name} begins and ends`, async () => {
        const { leaders } = cluster.known(name) ?? (await cluster.refresh([name]))[0] ?? { leaders: [] };
        const found = new Map<number, number>();
        for (const node of new Set(partitions.map((partition) => leaders[partition] ?? -1))) {
          const asked = partitions.filter((partition) => (leaders[partition] ?? -1) === node);
          const question = asked.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp: time }));
          try {
            const { topics } = await cluster.ask(node, listOffsetsV7.api, -1, 0, [{ name, partitions: question }]);
            for (const { partitionIndex, errorCode, offset } of topics[0].partitions) {
              checkCode(errorCode);
              found.set(partitionIndex, Number(offset));
            }
          } catch (error) {
            await cluster.refresh([name]);
            throw error;
          }
        }
        return partitions.map((partition) => found.get(partition) ?? -1);
      })
      .catch((error) => {
        throw unavailable(`say where ${name} begins and ends`, error, { topic: name });
      });
  }
}

function unknown(topic: string): never {
  throw new LogError('LOG_TOPIC_UNKNOWN', `There is no topic ${topic}. Create it first.`, { topic });
}

function checkOptions(topic: string, options: TopicOptions): void {
  const { partitions, retentionMs, retentionBytes } = options;
  const invalid = (message: string) => new LogError('LOG_TOPIC_INVALID', message, { topic, options });
  if (!/^(?!\.)[A-Za-z0-9._-]{1,249}$/.test(topic)) {
    throw invalid('A topic is named by 1 to 249 letters, digits, dots, dashes or underscores, and not by a dot first.');
  }
  if (!Number.isInteger(partitions) || partitions < 1) throw invalid(`Topic ${topic} needs 1 partition or more.`);
  for (const [name, value] of Object.entries({ retentionMs, retentionBytes })) {
    if (value !== undefined && !(value > 0)) throw invalid(`${name} of topic ${topic} must be more than 0.`);
  }
}

/** Kafka counts bytes by partition; times are those of recording, which is what retention is to go by. */
function configsOf(options: TopicOptions, messageBytes: number): Map<string, string> {
  const { partitions, retentionMs = -1, retentionBytes, compression = 'none' } = options;
  return new Map([
    ['cleanup.policy', 'delete'],
    ['retention.ms', String(Math.ceil(retentionMs))],
    ['retention.bytes', String(retentionBytes === undefined ? -1 : Math.ceil(retentionBytes / partitions))],
    ['compression.type', compression === 'zstd' ? 'zstd' : 'producer'],
    ['max.message.bytes', String(messageBytes)],
  ]);
}

function optionsOf(configs: Configs, partitions: number): TopicOptions {
  const limit = (name: string): number | undefined => {
    const value = Number(configs.get(name) ?? -1);
    return value < 0 ? undefined : value;
  };
  const retentionMs = limit('retention.ms');
  const retentionBytes = limit('retention.bytes');
  return {
    partitions,
    ...(retentionMs !== undefined && { retentionMs }),
    ...(retentionBytes !== undefined && { retentionBytes: retentionBytes * partitions }),
    compression: configs.get('compression.type') === 'zstd' ? 'zstd' : 'none',
  };
}
