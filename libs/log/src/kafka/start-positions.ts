import type { GroupPosition } from '../log.js';
import type { Cluster } from './cluster.js';
import { partitionKey, type TopicPartition } from './membership.js';
import type { GroupPositions } from './positions.js';
import type { Topics } from './topics.js';

/** Where a member of a group begins to read partitions that it takes up. */
export class StartPositions {
  /** Where partitions ended when it joined, if it is to start there. */
  readonly #latest = new Map<string, number>();

  constructor(
    private readonly home: { cluster: Cluster; topics: Topics; positions: GroupPositions },
    private readonly group: string,
  ) {}

  /** Whatever comes from now on is to be read, also while partitions are still being shared out. */
  async noteEnds(names: readonly string[]): Promise<void> {
    const { cluster, topics } = this.home;
    for (const name of names) {
      const partitions = (await cluster.topic(name))?.leaders.map((_, partition) => partition) ?? [];
      const ends = await topics.end(name, partitions);
      for (const partition of partitions) this.#latest.set(partitionKey({ topic: name, partition }), ends[partition]);
    }
  }

  /** By index, what has to be known of partitions before they are read. Rejects with LOG_UNAVAILABLE. */
  async of(places: readonly TopicPartition[]) {
    const [committed, ends] = [await this.#committed(places), await this.#ends(places)];
    const compacted = await Promise.all(places.map(({ topic }) => this.home.topics.isCompacted(topic)));
    return { committed, ends, compacted };
  }

  /** Committed positions; where there is none, the start that was asked for. */
  async #committed(places: readonly TopicPartition[]): Promise<GroupPosition[]> {
    const { cluster, positions, topics } = this.home;
    const committed = new Map((await positions.of(this.group)).map((each) => [partitionKey(each), each]));
    const names = places.map(({ topic, partition }) => ({
      topic: topic.slice(cluster.limits.prefix.length),
      partition,
    }));
    const missing = places.filter((_, i) => !committed.has(partitionKey(names[i])));
    const starts = await this.#byTopic(missing, (topic, partitions) => topics.earliest(topic, partitions));
    for (const place of missing) {
      // A partition that was added since is new from its beginning.
      const latest = this.#latest.get(partitionKey(place));
      if (latest !== undefined) starts.set(partitionKey(place), latest);
    }
    return names.map(
      (name, i) =>
        committed.get(partitionKey(name)) ?? {
          ...name,
          offset: starts.get(partitionKey(places[i])) ?? 0,
          metadata: '',
        },
    );
  }

  async #ends(places: readonly TopicPartition[]): Promise<number[]> {
    const ends = await this.#byTopic(places, (topic, partitions) => this.home.topics.end(topic, partitions));
    return places.map((place) => ends.get(partitionKey(place)) ?? 0);
  }

  async #byTopic(
    places: readonly TopicPartition[],
    ask: (topic: string, partitions: number[]) => Promise<number[]>,
  ): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const [topic, ofTopic] of Map.groupBy(places, (place) => place.topic)) {
      const partitions = ofTopic.map(({ partition }) => partition);
      const offsets = await ask(topic, partitions);
      for (const [i, partition] of partitions.entries()) found.set(partitionKey({ topic, partition }), offsets[i]);
    }
    return found;
  }
}
