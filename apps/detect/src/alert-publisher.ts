import {
  alertEvent,
  alertId,
  type EpisodeChange,
  type Evidence,
  groupValues,
  type Origin,
  type WindowPartition,
} from '#libs/detection';
import { encodeEvent, eventTypeOf, topics } from '#libs/events';
import { type Log, LogError, type LogRecord } from '#libs/log';

/** What was last said of an alert by this process. */
interface Published {
  state: string;
  group: Record<string, string>;
  /** References whose event went out already. */
  carried: Set<string>;
}

interface Pending {
  change: EpisodeChange;
  partition: WindowPartition;
}

/**
 * Turns changed episodes into alert events with their evidence. What matters (opened, closed, reopened, merged) goes
 * out with the step that found it; mere growth waits for the next flush, so that a flood does not become a flood of
 * alert records. Every event carries the whole state, so what is skipped is not missed.
 */
export class AlertPublisher {
  private readonly published = new Map<string, Published>();
  private readonly pending = new Map<string, Pending>();
  /** Offset of the first record whose changes are not all written yet. */
  private readonly unsaidFrom = new Map<WindowPartition, number>();

  constructor(private readonly log: Log) {}

  /** Notes changes, and writes those that cannot wait. What could not be written is still waiting afterwards. */
  async publish(partition: WindowPartition, changes: readonly EpisodeChange[]): Promise<void> {
    for (const change of changes) {
      this.pending.set(idOf(change), { change, partition });
      if (!this.unsaidFrom.has(partition)) this.unsaidFrom.set(partition, change.position.offset);
    }
    await this.write((pending, id) => this.published.get(id)?.state !== pending.change.view.state);
  }

  /** Writes all that waits; of one partition, where it is named. */
  async flush(partition?: WindowPartition): Promise<void> {
    await this.write((pending) => partition === undefined || pending.partition === partition);
  }

  /** All that came from records before this offset is written. */
  saidUntil(partition: WindowPartition): number {
    return this.unsaidFrom.get(partition) ?? partition.position;
  }

  private async write(choose: (pending: Pending, id: string) => boolean): Promise<void> {
    const chosen = [...this.pending].filter(([id, pending]) => choose(pending, id));
    let told = new Map<string, Published & { record: LogRecord }>();
    let bytes = 0;
    for (const [i, [id, pending]] of chosen.entries()) {
      const alert = await this.record(this.published.get(id), pending);
      told.set(id, alert);
      bytes += alert.record.value.length;
      if (bytes < appendBytes && i < chosen.length - 1) continue;
      await this.append(told);
      told = new Map();
      bytes = 0;
    }
  }

  private async append(told: ReadonlyMap<string, Published & { record: LogRecord }>): Promise<void> {
    await this.log.append(
      topics.alert,
      Array.from(told.values(), ({ record }) => record),
    );
    for (const [id, { record, ...said }] of told) {
      this.pending.delete(id);
      // A closed alert is rarely heard of again; should it reopen, its evidence goes out once more.
      if (said.state === 'open') this.published.set(id, said);
      else this.published.delete(id);
    }
    const waiting = new Set([...this.pending.values()].map(({ partition }) => partition));
    for (const partition of this.unsaidFrom.keys()) if (!waiting.has(partition)) this.unsaidFrom.delete(partition);
  }

  private async record(
    known: Published | undefined,
    { change, partition }: Pending,
  ): Promise<Published & { record: LogRecord }> {
    const { view } = change;
    const carried = known?.carried ?? new Set<string>();
    const evidence: Evidence[] = view.evidence.map(({ time, origin }) => ({
      ...partition.origin(origin),
      timeMs: time,
    }));
    const lines = await this.readAll(evidence.filter((ref) => !carried.has(keyOf(ref))));
    const group = known?.group ?? (await this.groupOf(change, evidence, lines));
    const left = carry(evidence, lines);
    const event = alertEvent(change, group, evidence);
    const key = Buffer.from(eventTypeOf(topics.alert)!.key(event.data as unknown as Record<string, unknown>));
    return {
      record: { key, time: view.lastSeen, value: encodeEvent(event) },
      state: view.state,
      group,
      carried: new Set(evidence.map(keyOf).filter((key) => !left.has(key))),
    };
  }

  private async groupOf(
    { plan, rule, view }: EpisodeChange,
    evidence: readonly Evidence[],
    lines: ReadonlyMap<string, Buffer>,
  ): Promise<Record<string, string>> {
    for (const ref of evidence) {
      const line = lines.get(keyOf(ref)) ?? (await this.readAll([ref])).get(keyOf(ref));
      const group = line && groupValues(plan, rule, view.groupLo, view.groupHi, ref.topic, line);
      if (group) return group;
    }
    // Only when retention took every event of the episode away: the group is then known by its hash alone.
    return { '#': `${hex(view.groupHi)}${hex(view.groupLo)}` };
  }

  /**
   * The records at these places, as far as they can still be read. A stored batch is read once for all that it holds of
   * them: on Kafka every read is a request and decompresses a whole one.
   */
  private async readAll(origins: readonly Origin[]): Promise<Map<string, Buffer>> {
    const lines = new Map<string, Buffer>();
    const wanted = new Set(origins.map(keyOf));
    const ordered = [...origins].sort((a, b) =>
      a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition || a.offset - b.offset,
    );
    for (const { topic, partition, offset } of ordered) {
      if (lines.has(keyOf({ topic, partition, offset }))) continue;
      try {
        const batch = await this.log.read(topic, partition, offset, { bytesMax: 1, recordsMax: evidenceRecordsMax });
        for (let i = 0; i < batch.count; i++) {
          const key = keyOf({ topic, partition, offset: batch.offset(i) });
          if (wanted.has(key)) lines.set(key, batch.value(i));
        }
      } catch (error) {
        if (!(error instanceof LogError)) throw error;
      }
    }
    return lines;
  }
}

/** Of a stored batch, at most so many records are looked through for evidence at once. */
const evidenceRecordsMax = 5000;

/** An append is closed past so many bytes: a log takes tens of megabytes at once, and one event may open many alerts. */
const appendBytes = 8 << 20;

/** Events that one record carries, bytes; beside them it holds little, and a log takes records of a megabyte. */
const carriedBytesMax = 768 * 1024;

/** Puts the events into the evidence, as long as there is room; those left go with what is said next of the alert. */
function carry(evidence: readonly Evidence[], lines: ReadonlyMap<string, Buffer>): Set<string> {
  const left = new Set<string>();
  let room = carriedBytesMax;
  for (const ref of evidence) {
    const line = lines.get(keyOf(ref));
    if (line === undefined) continue;
    const event = JSON.parse(line.toString()) as Record<string, unknown>;
    // As it will be written, which may be longer than it came.
    const bytes = Buffer.byteLength(JSON.stringify(event));
    if (bytes > room) left.add(keyOf(ref));
    else {
      ref.event = event;
      room -= bytes;
    }
  }
  return left;
}

const keyOf = ({ topic, partition, offset }: Origin): string => `${topic}/${partition}/${offset}`;

const idOf = ({ rule, view }: EpisodeChange): string => alertId(rule.info.id, view.groupLo, view.groupHi, view.anchor);

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
