import { randomUUID } from 'node:crypto';
import { consumerGroupHeartbeatV1 } from '@platformatic/kafka';
import type { Cluster } from './cluster.js';
import { BrokerError, checkCode, codes } from './failures.js';

export interface TopicPartition {
  /** With the prefix. */
  topic: string;
  partition: number;
}

export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** The brokers let a member go that has not let go of a partition for this long. */
const rebalanceMs = 5 * 60_000;
/** After this long without an answer the brokers have let the member go, unless they were set to be more patient. */
const sessionMs = 45_000;
const rejoinMs = 100;
/** Longer than heartbeats take, shorter than any session. */
const doubtMs = 5000;
interface HeldPartitions {
  topicId: string;
  partitions: number[];
}

const joining = 0;
const leaving = -1;
/** A static member that comes back: its partitions wait for it. */
const pausing = -2;

export interface MembershipOptions {
  /** With the prefix. */
  group: string;
  /** With the prefix. */
  topics: readonly string[];
  instanceId: string | undefined;
  /** Partitions that the member reads now. */
  held(): readonly TopicPartition[];
  /** What it may read has changed. */
  changed(): void;
}

/**
 * One member of a group, by Kafka's consumer protocol (KIP-848): the coordinator says in its answers to heartbeats what
 * the member may read. A partition that is to go to another is missing from the answer; the member reads on until its
 * owner has let go of it, says so in the next heartbeat, and only then the other gets it.
 *
 *   joining ──answer──▶ member ──fenced, unknown, silent for too long──▶ joining again, all it had is lost
 */
export class Membership {
  /** One with a name keeps its id too: so after a crash it takes its own place at once, before its session has ended. */
  readonly id: string;
  epoch = joining;
  /** Counts how often the member has lost everything: what it held before is no longer its. */
  incarnation = 0;
  #assigned = new Map<string, TopicPartition>();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #answeredMs = performance.now();
  #closed = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly options: MembershipOptions,
  ) {
    this.id = options.instanceId ?? randomUUID();
  }

  /** What the member may read, by `partitionKey`. */
  get assigned(): ReadonlyMap<string, TopicPartition> {
    return this.#assigned;
  }

  /** Whether the coordinator has not been heard for so long that others may have been given what this one holds. */
  get isDoubtful(): boolean {
    return performance.now() - this.#answeredMs > doubtMs;
  }

  /**
   * Resolves once the brokers count it as a member. A new process takes the place of an older one of its name, which
   * has crashed or should not be there; that one gets it back only once this one has gone.
   */
  async join(): Promise<void> {
    await this.cluster.patiently(`let this process join ${this.options.group}`, async () => {
      try {
        await this.#ask();
      } catch (error) {
        if ((error as Partial<BrokerError>).code !== codes.unreleasedInstance) throw error;
        await this.#heartbeat(pausing, -1, null, null);
        await this.#ask();
      }
    });
    this.#schedule();
  }

  /** Tells the coordinator what is held now, and hears what has changed. Never rejects. */
  async beat(): Promise<void> {
    if (this.#closed) return;
    if (this.#beating) {
      // What is under way may have been asked before what the caller wants told.
      this.#next ??= this.#beating.then(() => {
        this.#next = undefined;
        return this.beat();
      });
      return this.#next;
    }
    this.#beating = this.#beat().finally(() => {
      this.#beating = undefined;
      this.#schedule();
    });
    return this.#beating;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    // One that has lost its place wants it back.
    const ms = this.epoch === joining ? rejoinMs : this.cluster.limits.heartbeatMs;
    if (!this.#closed) this.#timer = setTimeout(() => void this.beat(), ms);
  }

  async #beat(): Promise<void> {
    try {
      await this.#ask();
    } catch (error) {
      if (this.#closed) return;
      const { code } = error as Partial<BrokerError>;
      const gone = code === codes.fencedMember || code === codes.unknownMember || code === codes.groupIdNotFound;
      if (gone || performance.now() - this.#answeredMs > sessionMs) this.#lose();
      this.cluster.problem(`hear of its member of ${this.options.group}`, error as Error);
    }
  }

  /** All that it had belongs to others, or will soon: it joins again with nothing. */
  #lose(): void {
    this.epoch = joining;
    this.incarnation++;
    this.#answeredMs = performance.now();
    this.#assigned = new Map();
    this.options.changed();
  }

  async #ask(): Promise<void> {
    const { topics } = this.options;
    const { incarnation } = this;
    const held = this.epoch === joining ? [] : await this.#byTopicId(this.options.held());
    const answer = await this.#heartbeat(this.epoch, rebalanceMs, [...topics], held);
    if (this.#closed || incarnation !== this.incarnation) return;
    this.#answeredMs = performance.now();
    this.epoch = answer.memberEpoch;
    if (answer.assignment) await this.#assign(answer.assignment.topicPartitions);
  }

  async #assign(assignment: readonly { topicId: string; partitions: readonly number[] }[]): Promise<void> {
    const names = new Map<string, string>();
    for (const name of this.options.topics) {
      const topic = await this.cluster.topic(name);
      if (topic) names.set(topic.id, name);
    }
    const assigned = assignment.flatMap(({ topicId, partitions }) => {
      const topic = names.get(topicId);
      return topic === undefined ? [] : partitions.map((partition) => ({ topic, partition }));
    });
    const keys = assigned.map(partitionKey);
    const same = keys.length === this.#assigned.size && keys.every((key) => this.#assigned.has(key));
    if (same) return;
    this.#assigned = new Map(assigned.map((each, i) => [keys[i], each]));
    this.options.changed();
  }

  async #byTopicId(partitions: readonly TopicPartition[]): Promise<HeldPartitions[]> {
    const byTopic = [...Map.groupBy(partitions, ({ topic }) => topic)];
    const found = await Promise.all(byTopic.map(([name]) => this.cluster.topic(name)));
    return byTopic.flatMap(([, ofTopic], i) => {
      const topic = found[i];
      return topic ? [{ topicId: topic.id, partitions: ofTopic.map(({ partition }) => partition) }] : [];
    });
  }

  /** Leaves the group; a static member only says that it comes back. */
  async leave(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#beating;
    await this.#heartbeat(this.options.instanceId === undefined ? leaving : pausing, -1, null, null);
  }

  #heartbeat(epoch: number, rebalance: number, topics: string[] | null, held: HeldPartitions[] | null) {
    const { group, instanceId = null } = this.options;
    const { api } = consumerGroupHeartbeatV1;
    return this.cluster.askCoordinator(group, async (node) => {
      const member = [group, this.id, epoch, instanceId, null, rebalance] as const;
      const answer = await this.cluster.ask(node, api, ...member, topics, null, null, held);
      checkCode(answer.errorCode, answer.errorMessage);
      return answer;
    });
  }
}
