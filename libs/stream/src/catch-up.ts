import type { GroupDescription } from '#libs/log';

interface Place {
  topic: string;
  partition: number;
}

/** How far a stage is from where its partitions ended when it first took them up. */
export interface CatchUpState {
  group: string;
  /** The log counts it among the members of its group. */
  joined: boolean;
  /** Partitions that are to be its own, and whose state it does not have yet. */
  waiting: readonly Place[];
  behind: readonly (Place & { records: number })[];
}

/**
 * Notes where partitions ended when they were taken up, until all of that is processed for the first time. From then on
 * a stage counts as caught up: partitions that move later, while other processes come and go, are nobody's start.
 */
export class CatchUp {
  private readonly owned = new Set<string>();
  private readonly targets = new Map<string, Place & { at: number; end: number }>();
  private isDone = false;

  constructor(private readonly group: string) {}

  taken(place: Place, at: number, end: number): void {
    this.owned.add(keyOf(place));
    if (at < end) this.targets.set(keyOf(place), { ...place, at, end });
  }

  reached(place: Place, offset: number): void {
    const target = this.targets.get(keyOf(place));
    if (target === undefined) return;
    target.at = offset;
    if (offset >= target.end) this.targets.delete(keyOf(place));
  }

  lost(place: Place): void {
    this.owned.delete(keyOf(place));
    this.targets.delete(keyOf(place));
  }

  /** `id`: of the member that it is. */
  state({ members }: GroupDescription, id: string): CatchUpState {
    const { group } = this;
    const member = members.find((each) => each.id === id);
    const joined = member !== undefined;
    if (this.isDone) return { group, joined, waiting: [], behind: [] };
    const waiting = (member?.partitions ?? []).filter((place) => !this.owned.has(keyOf(place)));
    const behind = [...this.targets.values()].map(({ at, end, ...place }) => ({ ...place, records: end - at }));
    this.isDone = joined && waiting.length === 0 && behind.length === 0;
    return { group, joined, waiting, behind };
  }
}

const keyOf = ({ topic, partition }: Place): string => `${topic}/${partition}`;
