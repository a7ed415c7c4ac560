import { LogError } from '../errors.js';
import type { GroupDescription, GroupPosition } from '../log.js';
import { assign, partitionKey, type TopicPartition } from './assignment.js';
import type { Positions } from './positions.js';

/** What a group needs of a member. */
export interface Member {
  readonly id: string;
  readonly topics: ReadonlySet<string>;
  /** Who owns what has changed. */
  wake(): void;
}

/**
 * One consumer group. A partition is assigned to one member, and held by the one that reads it. When it is assigned
 * anew, the holder lets go of it at its next poll, after its last commit, and only then does the new owner take it up.
 */
export class ConsumerGroup {
  readonly #members: Member[] = [];
  readonly #holders = new Map<string, Member>();
  #assigned = new Map<string, Member>();
  readonly #partitions = new Map<string, TopicPartition>();

  constructor(
    readonly name: string,
    readonly positions: Positions,
  ) {}

  get empty(): boolean {
    return this.#members.length === 0;
  }

  /** `partitions`: all of the member's topics. */
  join(member: Member, partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#partitions.set(partitionKey(each), each);
    this.#members.push(member);
    this.#rebalance();
  }

  leave(member: Member): void {
    const index = this.#members.indexOf(member);
    if (index < 0) return;
    this.#members.splice(index, 1);
    for (const [key, holder] of this.#holders) if (holder === member) this.#holders.delete(key);
    this.#rebalance();
  }

  #rebalance(): void {
    this.#assigned = assign(this.#members, [...this.#partitions.values()], this.#assigned);
    for (const member of this.#members) member.wake();
  }

  assignedTo(member: Member): TopicPartition[] {
    return [...this.#assigned].flatMap(([key, owner]) => (owner === member ? [this.#partition(key)] : []));
  }

  #partition(key: string): TopicPartition {
    return this.#partitions.get(key) as TopicPartition;
  }

  /** Whether the member reads the partition, or may begin to. */
  owns(member: Member, key: string): boolean {
    return (this.#holders.get(key) ?? this.#assigned.get(key)) === member;
  }

  /** Whether the partition is to go to another member. */
  isLosing(member: Member, key: string): boolean {
    return this.#assigned.get(key) !== member;
  }

  /** Takes up what is assigned to the member and no longer held by another. */
  takeUp(member: Member): TopicPartition[] {
    const free = this.assignedTo(member).filter((each) => !this.#holders.has(partitionKey(each)));
    for (const each of free) this.#holders.set(partitionKey(each), member);
    return free;
  }

  letGo(keys: readonly string[]): void {
    for (const key of keys) {
      this.#holders.delete(key);
      this.#assigned.get(key)?.wake();
    }
  }

  async commit(member: Member, positions: readonly GroupPosition[]): Promise<void> {
    for (const position of positions) {
      checkPosition(position);
      if (this.owns(member, partitionKey(position))) continue;
      const { topic, partition } = position;
      const message = `${topic}/${partition} belongs to another member of ${this.name}: its position is not for this one.`;
      throw new LogError('LOG_NOT_OWNED', message, { group: this.name, topic, partition });
    }
    await this.positions.commit(this.name, positions);
  }

  describe(): GroupDescription {
    const members = this.#members.map((member) => ({ id: member.id, partitions: this.assignedTo(member) }));
    return { group: this.name, members, positions: this.positions.of(this.name) };
  }
}

export function checkPosition({ topic, partition, offset }: Omit<GroupPosition, 'metadata'>): void {
  if (Number.isSafeInteger(offset) && offset >= 0) return;
  const message = `A position is an offset, 0 or more: ${offset} for ${topic}/${partition} is none.`;
  throw new LogError('LOG_OFFSET_BEYOND', message, { topic, partition, wanted: offset });
}
