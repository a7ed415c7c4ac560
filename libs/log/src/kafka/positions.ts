import { setTimeout as sleep } from 'node:timers/promises';
import { consumerGroupDescribeV0, listGroupsV5, offsetCommitV9, offsetFetchV9 } from '@platformatic/kafka';
import { LogError } from '../errors.js';
import type { GroupDescription, GroupPosition } from '../log.js';
import type { Cluster } from './cluster.js';
import { BrokerError, checkCode, codes } from './failures.js';

type MemberDescription = ReturnType<typeof consumerGroupDescribeV0.parseResponse>['groups'][number]['members'][number];

const settleMsMax = 5000;
const settlePauseMs = 50;

type Committed = Omit<GroupPosition, 'metadata'> & { metadata?: string };

/** A member of a group, as the brokers know it: they take positions only from those whose epoch is current. */
export interface Committer {
  id: string;
  epoch: number;
}

/** Somebody who is no member: may commit where the group has none. */
const nobody: Committer = { id: '', epoch: -1 };

/** Positions and members of groups. Groups and topics are named without the prefix of the log. */
export class GroupPositions {
  constructor(private readonly cluster: Cluster) {}

  get #prefix(): string {
    return this.cluster.limits.prefix;
  }

  async list(): Promise<string[]> {
    const { cluster } = this;
    const names = await cluster.patiently('list its groups', async () => {
      const answers = await Promise.all(cluster.nodes.map((node) => cluster.ask(node, listGroupsV5.api, [], [])));
      return answers.flatMap(({ errorCode, groups }) => {
        checkCode(errorCode);
        return groups.map(({ groupId }) => groupId);
      });
    });
    const prefix = this.#prefix;
    return names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : [])).sort();
  }

  async of(group: string): Promise<GroupPosition[]> {
    const name = this.#prefix + group;
    const topics = await this.cluster.patiently(`say where ${group} stands`, () =>
      this.cluster.askCoordinator(name, async (node) => {
        const question = { groupId: name, memberId: null, memberEpoch: -1, topics: null };
        const { groups } = await this.cluster.ask(node, offsetFetchV9.api, [question], false);
        const [{ errorCode, topics }] = groups;
        if (errorCode === codes.groupIdNotFound) return [];
        checkCode(errorCode);
        return topics;
      }),
    );
    return topics
      .filter(({ name: topic }) => topic.startsWith(this.#prefix))
      .flatMap(({ name: topic, partitions }) =>
        partitions
          .filter(({ committedOffset }) => committedOffset >= 0n)
          .map(({ partitionIndex, committedOffset, metadata }) => ({
            topic: topic.slice(this.#prefix.length),
            partition: partitionIndex,
            offset: Number(committedOffset),
            metadata: metadata ?? '',
          })),
      )
      .sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition));
  }

  async describe(group: string): Promise<GroupDescription> {
    const [positions, members] = await Promise.all([this.of(group), this.#members(group)]);
    return {
      group,
      // What each is to have: until another lets go of it, it may have less.
      members: members.map(({ memberId, targetAssignment }) => ({
        id: memberId,
        partitions: targetAssignment.topicPartitions.flatMap(({ topicName, partitions }) =>
          partitions.map((partition) => ({ topic: topicName.slice(this.#prefix.length), partition })),
        ),
      })),
      positions,
    };
  }

  /** Resolves once the coordinator has shared the partitions out among those who have joined and left; or after 5 s. */
  async settled(group: string): Promise<void> {
    await this.#members(group);
  }

  /** The coordinator gathers changes for a moment (a second, by default) before it shares partitions out again. */
  async #members(group: string): Promise<MemberDescription[]> {
    const name = this.#prefix + group;
    const until = performance.now() + settleMsMax;
    for (;;) {
      const description = await this.cluster.patiently(`say who reads for ${group}`, () =>
        this.cluster.askCoordinator(name, async (node) => {
          const { groups } = await this.cluster.ask(node, consumerGroupDescribeV0.api, [name], false);
          // A group of that name that nobody joined with the consumer protocol has no members of ours.
          if (groups[0].errorCode === codes.groupIdNotFound) return undefined;
          checkCode(groups[0].errorCode, groups[0].errorMessage);
          return groups[0];
        }),
      );
      if (!description) return [];
      const { groupEpoch, assignmentEpoch, members } = description;
      const settled = assignmentEpoch >= groupEpoch && (await this.#isComplete(members));
      if (settled || performance.now() > until) return members;
      await sleep(settlePauseMs);
    }
  }

  /** Whether every partition is for somebody. The coordinator may share out before it has heard of a new topic. */
  async #isComplete(members: readonly MemberDescription[]): Promise<boolean> {
    let missing = 0;
    for (const name of new Set(members.flatMap(({ subscribedTopicNames }) => subscribedTopicNames))) {
      missing += (await this.cluster.topic(name))?.leaders.length ?? 0;
    }
    for (const { targetAssignment } of members) {
      for (const { partitions } of targetAssignment.topicPartitions) missing -= partitions.length;
    }
    return missing <= 0;
  }

  /** Rejects with LOG_GROUP_ACTIVE where it has any. */
  async refuseMembers(group: string): Promise<void> {
    const members = await this.#members(group);
    if (members.length > 0) throw active(group);
  }

  /** Moves positions of a group without members. Rejects with LOG_GROUP_ACTIVE. */
  async reset(group: string, positions: readonly Committed[]): Promise<void> {
    await this.refuseMembers(group);
    try {
      await this.commit(group, positions, () => nobody);
    } catch (error) {
      throw error instanceof LogError && error.code === 'LOG_NOT_OWNED' ? active(group, error) : error;
    }
  }

  /**
   * Writes positions for whoever `committer` says we are at each try. Rejects with LOG_NOT_OWNED where the brokers no
   * longer count it among the members. `stale`: called where its epoch is behind, to catch up before the next try.
   */
  commit(
    group: string,
    positions: readonly Committed[],
    committer: () => Committer,
    stale: () => Promise<void> = async () => {},
  ): Promise<void> {
    const name = this.#prefix + group;
    const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
      name: this.#prefix + topic,
      partitions: ofTopic.map(({ partition, offset, metadata = '' }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: -1,
        committedMetadata: metadata,
      })),
    }));
    return this.cluster.patiently(`take positions of ${group}`, async () => {
      try {
        await this.cluster.askCoordinator(name, async (node) => {
          const { id, epoch } = committer();
          const { topics: answers } = await this.cluster.ask(node, offsetCommitV9.api, name, epoch, id, null, topics);
          for (const { partitions } of answers) for (const { errorCode } of partitions) checkCode(errorCode);
        });
      } catch (error) {
        const { code } = error as Partial<BrokerError>;
        if (code === codes.staleMember) await stale();
        if (error instanceof BrokerError) throw refusalOf(group, error);
        throw error;
      }
    });
  }
}

function active(group: string, cause?: unknown): LogError {
  const message = `Group ${group} has members. Stop them, then move its positions.`;
  return new LogError('LOG_GROUP_ACTIVE', message, { group }, { cause });
}

function refusalOf(group: string, error: BrokerError): Error {
  const { unknownMember, fencedMember, groupIdNotFound, metadataTooLarge } = codes;
  if (([unknownMember, fencedMember, groupIdNotFound] as number[]).includes(error.code)) {
    const message = `This is no longer a member of ${group}: its partitions have gone to others.`;
    return new LogError('LOG_NOT_OWNED', message, { group }, { cause: error });
  }
  if (error.code === metadataTooLarge) {
    const message = `What ${group} keeps beside a position is too large: raise the brokers' offset.metadata.max.bytes.`;
    return new LogError('LOG_RECORD_TOO_LARGE', message, { group }, { cause: error });
  }
  return error;
}

export function checkPosition({ topic, partition, offset }: Omit<GroupPosition, 'metadata'>): void {
  if (Number.isSafeInteger(offset) && offset >= 0) return;
  const message = `A position is an offset, 0 or more: ${offset} for ${topic}/${partition} is none.`;
  throw new LogError('LOG_OFFSET_BEYOND', message, { topic, partition, wanted: offset });
}
