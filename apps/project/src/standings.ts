import type { GroupPosition, RecordBatch } from '#libs/log';
import type { Progress, ProjectionName } from '#libs/storage';
import type { StepResult } from '#libs/stream';
import type { Decoded } from './decode-storable.js';
import type { ProjectPorts } from './ports.js';
import { PutAside, type Unreadable } from './put-aside.js';
import { Standing } from './standing.js';

/** Where a projection of several topics stands in each of them; see `Standing`. */
export class Standings {
  private readonly standings: ReadonlyMap<string, Standing>;
  private readonly putAside: PutAside;

  constructor(projection: ProjectionName, topics: readonly string[], ports: ProjectPorts) {
    this.standings = new Map(topics.map((topic) => [topic, new Standing(projection, topic, ports)]));
    this.putAside = new PutAside(ports);
  }

  /** Puts aside what can't be read of the batch, and applies the rest. */
  async step<E>(
    batch: RecordBatch,
    decode: (value: Buffer, topic: string) => Decoded<E>,
    apply: (read: readonly Progress<{ offset: number; event: E }>[]) => Promise<boolean>,
  ): Promise<StepResult> {
    const { topic, partition, nextOffset } = batch;
    const records: { offset: number; event: E }[] = [];
    const unreadable = new Map<number, Unreadable>();
    for (let i = 0; i < batch.count; i++) {
      const decoded = decode(batch.value(i), topic);
      if (decoded.kind === 'ok') records.push({ offset: batch.offset(i), event: decoded.event });
      else unreadable.set(i, decoded);
    }
    await this.putAside.add(batch, unreadable);
    return this.standings.get(topic)!.step([{ partition, records, next: nextOffset }], apply);
  }

  async tick(): Promise<StepResult | undefined> {
    const ticks = await Promise.all([...this.standings.values()].map((standing) => standing.tick()));
    const results = ticks.filter((result) => result !== undefined);
    if (results.length === 0) return undefined;
    return {
      commits: results.flatMap(({ commits = [] }) => commits),
      seeks: results.flatMap(({ seeks = [] }) => seeks),
    };
  }

  async assigned(positions: readonly GroupPosition[]): Promise<number[]> {
    const starts = new Map<GroupPosition, number>();
    for (const [topic, standing] of this.standings) {
      const ours = positions.filter((position) => position.topic === topic);
      for (const [i, start] of (await standing.assigned(ours)).entries()) starts.set(ours[i], start);
    }
    return positions.map((position) => starts.get(position)!);
  }

  revoked(partitions: readonly { topic: string; partition: number }[]): void {
    for (const [topic, standing] of this.standings)
      standing.revoked(partitions.filter((partition) => partition.topic === topic));
  }
}
