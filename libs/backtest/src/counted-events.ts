import { type DetectionPlan, type Hit, readHits } from '#libs/detection';
import type { LogRecord, RecordBatch } from '#libs/log';
import type { AlertGroup } from './alert-group.js';
import type { EvidenceState } from './evidence.js';

interface Place {
  topic: string;
  partition: number;
  offset: number;
}

/** The events that a rule counted for an alert's group: how many, which of the evidence, and the first as they are. */
export class CountedEvents {
  count = 0;
  /** Of these, too late for their windows. */
  late = 0;
  /** The newest event time, ms. */
  newestMs = Number.NEGATIVE_INFINITY;
  /** Those that were in time, as the log has them, in the order of recording. */
  readonly lines: string[] = [];
  private readonly uncounted: Map<string, EvidenceState>;

  constructor(
    private readonly plan: DetectionPlan,
    private readonly group: AlertGroup,
    evidence: readonly EvidenceState[],
    private readonly linesMax: number,
  ) {
    const there = evidence.filter(({ kind }) => kind === 'there');
    this.uncounted = new Map(there.map((state) => [placeOf(state), state]));
  }

  /** Evidence that is in the log, and was not counted so far. */
  get notCounted(): EvidenceState[] {
    return [...this.uncounted.values()];
  }

  /** Records for `weir.matches`, and the batches that they come from. */
  note(records: readonly LogRecord[], batches: readonly RecordBatch[]): void {
    // An event that several detections match, or that has several values, is one event.
    const events = new Map<string, Hit>();
    for (const { partition = 0, value } of records) {
      if (!this.group.partitions.has(partition)) continue;
      for (const hit of readHits(this.plan, value)) if (this.group.has(hit)) events.set(placeOf(hit), hit);
    }
    const lines: { at: number; line: string }[] = [];
    for (const [place, hit] of [...events].sort(([, a], [, b]) => asCounted(a, b))) {
      this.uncounted.delete(place);
      if (this.isLate(hit)) this.late++;
      else if (this.lines.length + lines.length < this.linesMax) lines.push(lineOf(hit, batches));
    }
    this.lines.push(...lines.sort((a, b) => a.at - b.at).map(({ line }) => line));
  }

  private isLate({ rule, timeMs }: Hit): boolean {
    const { timespanMs, latenessMs } = rule.spec;
    this.count++;
    this.newestMs = Math.max(this.newestMs, timeMs);
    return timeMs < this.newestMs - (rule.place?.chain.reachMs ?? timespanMs + latenessMs);
  }
}

/** As they were recorded; a chain takes what was recorded at one moment by event time. */
const asCounted = (a: Hit, b: Hit): number =>
  a.recordedAt - b.recordedAt || (a.rule.place === null ? 0 : a.timeMs - b.timeMs);

function lineOf({ topic, partition, offset }: Place, batches: readonly RecordBatch[]): { at: number; line: string } {
  const batch = batches.find((candidate) => candidate.topic === topic && candidate.partition === partition)!;
  const i = batch.columns.offsets.indexOf(offset);
  return { at: batch.recordedAt(i), line: batch.value(i).toString() };
}

const placeOf = ({ topic, partition, offset }: Place): string => `${topic}/${partition}/${offset}`;
