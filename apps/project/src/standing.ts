import type { GroupPosition } from '#libs/log';
import {
  claimPositions,
  movePositions,
  type Progress,
  type ProjectionName,
  type ProjectionPosition,
  projectionPositions,
} from '#libs/storage';
import type { StepResult } from '#libs/stream';
import type { ProjectPorts } from './ports.js';

/** Of a projection that has nothing to do, every so many ticks it is looked whether it stands where it was. */
const lookTicks = 4;

/**
 * Where a projection of one topic stands in the partitions that are ours. The position that counts is the one in
 * PostgreSQL, which moves in the transaction that writes the projection's rows.
 *
 * Those transactions do not wait for the disk, so that what they write is seen that much sooner; a PostgreSQL that
 * crashes forgets the last of them, position and all. Every tick therefore has it say, durably, where it stands: that is
 * committed to the group, and where it stands before what was reached, the log is read from there again. So it is after a
 * rebuild, which is looked for also while nothing is read.
 */
export class Standing {
  /** By partition that is ours: where it starts that was never read. */
  private readonly starts = new Map<number, ProjectionPosition>();
  /** By partition: the first offset not yet in the tables. */
  private readonly reached = new Map<number, number>();
  /** Something was written since PostgreSQL said where it stands. */
  private unconfirmed = false;
  private idleTicks = 0;

  constructor(
    private readonly projection: ProjectionName,
    private readonly topic: string,
    private readonly ports: ProjectPorts,
  ) {}

  /** Applies what was read from where the projection stands. `apply` is false where PostgreSQL stands before that. */
  async step<R extends { offset: number }>(
    read: readonly { partition: number; records: readonly R[]; next: number }[],
    apply: (read: readonly Progress<R>[]) => Promise<boolean>,
  ): Promise<StepResult> {
    const { projection, topic } = this;
    this.unconfirmed = true;
    const isApplied = await apply(
      read.map(({ partition, records, next }) => ({
        reached: { projection, topic, partition, offset: this.reached.get(partition)! },
        records,
        next,
      })),
    );
    if (!isApplied) return this.confirm(new Set(read.map(({ partition }) => partition)));
    for (const { partition, next } of read) this.reached.set(partition, next);
    return { commits: [] };
  }

  async tick(): Promise<StepResult | undefined> {
    if (this.unconfirmed) return this.confirm();
    if (++this.idleTicks % lookTicks > 0) return undefined;
    return (await this.isBehind()) ? this.confirm() : undefined;
  }

  /**
   * Starts where PostgreSQL stands; a new database reads everything that there is. So does one that was filled from
   * another log: what stands at its position now, and before it, was never projected.
   */
  async assigned(positions: readonly GroupPosition[]): Promise<number[]> {
    const { projection, topic, ports } = this;
    const { partitions } = await ports.log.describe(topic);
    const starts = positions.map(({ partition }) => ({
      projection,
      topic,
      partition,
      offset: partitions[partition].earliest,
    }));
    const stands = await this.claim(starts);
    // Looked up behind the positions: whoever had a partition before us may have moved on meanwhile.
    const ends = (await ports.log.describe(topic)).partitions;
    for (const [i, start] of starts.entries()) {
      const { partition } = start;
      const { next } = ends[partition];
      if (stands[i].offset > next) {
        const facts = { topic, partition, stored: stands[i].offset, next };
        ports.logger.error(facts, 'The database is ahead of the log, which was replaced: it is read from its start');
        await movePositions(ports.database.manager, [start]);
        stands[i] = start;
      }
      this.starts.set(partition, start);
      this.reached.set(partition, stands[i].offset);
    }
    this.unconfirmed = true;
    return stands.map(({ offset }) => offset);
  }

  revoked(partitions: readonly { partition: number }[]): void {
    for (const { partition } of partitions) this.starts.delete(partition);
  }

  private async isBehind(): Promise<boolean> {
    const stands = await projectionPositions(this.ports.database, this.projection);
    return stands.some(
      ({ topic, partition, offset }) =>
        topic === this.topic && this.starts.has(partition) && offset < this.reached.get(partition)!,
    );
  }

  /** Commits where PostgreSQL stands, and reads on from there in partitions where it had been further, or may have been. */
  private async confirm(suspects: ReadonlySet<number> = new Set()): Promise<StepResult> {
    const stands = await this.claim([...this.starts.values()]);
    const lost = stands.filter(
      ({ partition, offset }) => offset < this.reached.get(partition)! || suspects.has(partition),
    );
    for (const { topic, partition, offset } of lost) {
      const facts = { topic, partition, offset, reached: this.reached.get(partition) };
      this.ports.logger.warn(
        facts,
        `PostgreSQL stands before what was read of ${this.projection}, as after a rebuild or a crash: it is read again`,
      );
      this.reached.set(partition, offset);
    }
    this.unconfirmed = false;
    return { commits: stands, seeks: lost };
  }

  private async claim(starts: readonly ProjectionPosition[]): Promise<ProjectionPosition[]> {
    const stored = await claimPositions(this.ports.database, starts);
    return starts.map((start, i) => ({ ...start, offset: stored[i] }));
  }
}
