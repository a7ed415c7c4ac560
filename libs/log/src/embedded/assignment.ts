/** Who may own what: the members in the order they joined, each with the topics it reads. */
export interface Assignable {
  readonly topics: ReadonlySet<string>;
}

export interface TopicPartition {
  topic: string;
  partition: number;
}

export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/**
 * Shares partitions out among members: each to one that reads the topic, numbers as even as topics allow, and as few
 * as possible taken from who has them. Deterministic.
 */
export function assign<M extends Assignable>(
  members: readonly M[],
  partitions: readonly TopicPartition[],
  current: ReadonlyMap<string, M>,
): Map<string, M> {
  const owned = new Map<M, TopicPartition[]>(members.map((member) => [member, []]));
  const load = (member: M): number => owned.get(member)?.length ?? 0;
  const lightest = (topic: string): M | undefined => {
    let best: M | undefined;
    for (const member of members) {
      if (member.topics.has(topic) && (!best || load(member) < load(best))) best = member;
    }
    return best;
  };
  const homeless: TopicPartition[] = [];
  for (const each of partitions) {
    const owner = current.get(partitionKey(each));
    const mine = owner?.topics.has(each.topic) ? owned.get(owner) : undefined;
    (mine ?? homeless).push(each);
  }
  for (const each of homeless) {
    const member = lightest(each.topic);
    if (member) owned.get(member)?.push(each);
  }
  for (const [member, mine] of owned) {
    for (let i = mine.length - 1; i >= 0; i--) {
      const other = lightest(mine[i].topic);
      if (other && other !== member && load(other) + 1 < mine.length) owned.get(other)?.push(...mine.splice(i, 1));
    }
  }
  const assigned = new Map<string, M>();
  for (const [member, mine] of owned) for (const each of mine) assigned.set(partitionKey(each), member);
  return assigned;
}
