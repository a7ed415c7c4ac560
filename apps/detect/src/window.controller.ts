import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import {
  type DetectionPlan,
  decodeSnapshot,
  type EpisodeChange,
  encodeSnapshot,
  type RuleChange,
  WindowPartition,
} from '#libs/detection';
import { topics } from '#libs/events';
import type { GroupPosition, RecordBatch } from '#libs/log';
import type { StepResult } from '#libs/stream';
import type { WindowStore } from '#libs/windows';
import { AlertPublisher } from './alert-publisher.js';
import { HeldRecords } from './held-records.js';
import { DETECT, type DetectPorts, URGENCY } from './ports.js';
import type { Urgency } from './urgency.js';

/** A snapshot is due this long after the last one, and never takes more than a twentieth of the time. */
const snapshotMs = 10_000;
const snapshotShare = 20;

interface Owned {
  windows: WindowPartition;
  held: HeldRecords;
  savedPosition: number;
  dueAt: number;
}

/** The second stage of detection: hits → windows → alert events. Owns its partitions' state. */
@Controller()
export class WindowController {
  private readonly owned = new Map<number, Owned>();
  private readonly publisher: AlertPublisher;
  private readonly reported = new Map<string, number>();
  /** The snapshot that is being written. */
  private saving: Promise<void> | null = null;
  private entries = 0;
  private orphaned = 0;
  private hurried = 0;

  constructor(
    @Inject(DETECT) private readonly ports: DetectPorts,
    @Inject(URGENCY) private readonly urgency: Urgency,
  ) {
    this.publisher = new AlertPublisher(ports.log);
    ports.plans.subscribe((plan) => this.changePlan(plan));
  }

  @EventPattern<string>('detect.window', { topics: [topics.matches], batchBytesMax: 4 << 20, tickMs: 500 })
  async window(@Payload() batch: RecordBatch): Promise<StepResult> {
    const owned = this.owned.get(batch.partition)!;
    const { windows, held } = owned;
    // A batch whose alerts could not be written comes again: it is applied already, they still wait to be written.
    const changes = windows.apply(batch);
    held.note(windows, batch.offset(0));
    this.noteUrgency(windows);
    this.count(changes);
    await this.publisher.publish(windows, changes);
    return { commits: [this.done(owned)] };
  }

  /** Goes on from the snapshot, or from the oldest hit there is. */
  @EventPattern<string>('detect.window/assigned')
  async assigned(@Payload() positions: readonly GroupPosition[]): Promise<number[]> {
    const starts: number[] = [];
    for (const { partition } of positions) {
      let restored = await this.restore(partition);
      // Looked up behind the snapshot: whoever had the partition before us may have gone on meanwhile.
      const { earliest, next } = (await this.ports.log.describe(topics.matches)).partitions[partition];
      if (restored !== null && restored.position > next) {
        this.ports.logger.warn({ partition }, 'The snapshot is of another log: state is rebuilt from this one');
        await this.ports.snapshots.delete(nameOf(partition));
        restored = null;
      }
      const windows = restored ?? this.fresh(partition);
      windows.position = Math.max(windows.position, restored === windows ? 0 : earliest);
      const held = new HeldRecords();
      held.note(windows, Math.max(0, windows.position - 1));
      this.owned.set(partition, {
        windows,
        held,
        savedPosition: windows.position,
        dueAt: this.ports.clock.now() + snapshotMs,
      });
      starts.push(windows.position);
    }
    return starts;
  }

  @EventPattern<string>('detect.window/revoked')
  async revoked(@Payload() partitions: readonly { partition: number }[]): Promise<void> {
    for (const { partition } of partitions) {
      const owned = this.owned.get(partition);
      if (owned === undefined) continue;
      // Not twice at once; and nothing that the snapshot takes for said may be unsaid.
      await this.saving;
      await this.publisher.flush(owned.windows);
      await this.save(partition, owned);
      this.owned.delete(partition);
    }
  }

  /** Writes what waited, and then, with nothing unsaid, takes the snapshot that is due. */
  @EventPattern<string>('detect.window/tick')
  async tick(): Promise<StepResult> {
    await this.publisher.flush();
    const [next] = [...this.owned].sort(([, a], [, b]) => a.dueAt - b.dueAt);
    if (this.saving === null && next !== undefined && this.ports.clock.now() >= next[1].dueAt) {
      // It is made of copies: detection goes on while the disk takes its time.
      this.saving = this.save(...next)
        .catch((err) =>
          this.ports.logger.warn({ err, partition: next[0] }, 'A snapshot was not saved: the next one is'),
        )
        .finally(() => {
          this.saving = null;
        });
    }
    this.report();
    return { commits: [...this.owned.values()].map((owned) => this.done(owned)) };
  }

  /** Between two batches, as whatever is done to windows is. */
  private changePlan(plan: DetectionPlan): void {
    this.report();
    for (const { windows } of this.owned.values()) windows.changePlan(plan);
    // What goes on is counted from here on, what starts afresh from zero; what went is no more.
    this.ports.metrics.weir_window_groups.reset();
    this.reported.clear();
    for (const [name, figure] of windowCounters) {
      for (const [rule, total] of this.sum(figure)) this.reported.set(`${name}/${rule}`, total);
    }
  }

  private noteUrgency(windows: WindowPartition): void {
    this.urgency.waits = [...this.owned.values()].some(({ held }) => held.from !== null);
    this.urgency.isAsked ||= windows.isAsked;
    windows.isAsked = false;
  }

  /** How far a partition's hits are counted and its alerts written. State is restored from snapshots; this is for those who watch the lag. */
  private done({ windows, held }: Owned): { topic: string; partition: number; offset: number } {
    const offset = Math.min(this.publisher.saidUntil(windows), held.from ?? Number.POSITIVE_INFINITY);
    return { topic: topics.matches, partition: windows.partition, offset };
  }

  /** What it saves it takes before it waits for the first time. */
  private async save(partition: number, owned: Owned): Promise<void> {
    const { clock, logger, snapshots } = this.ports;
    const { windows, savedPosition } = owned;
    const { position } = windows;
    const startedAt = clock.now();
    owned.dueAt = startedAt + snapshotMs;
    // Closed alerts of rules that went are told with the next record: what is saved before would forget them.
    if (position <= savedPosition || windows.isDeparting) return;
    const saved = await snapshots.save(nameOf(partition), position, encodeSnapshot(windows));
    if (!saved) logger.info({ partition, position }, 'Another process has this partition: not saved here');
    owned.savedPosition = position;
    const now = clock.now();
    owned.dueAt = now + Math.max(snapshotMs, (now - startedAt) * snapshotShare * this.owned.size);
  }

  private async restore(partition: number): Promise<WindowPartition | null> {
    const { snapshots, plans, logger } = this.ports;
    const bytes = await snapshots.load(nameOf(partition));
    if (bytes === null) return null;
    const windows = this.fresh(partition);
    const changes: RuleChange[] = [];
    if (!decodeSnapshot(bytes, windows, plans.current, changes)) {
      logger.warn({ partition }, 'The snapshot is damaged: state is rebuilt from the log');
      return null;
    }
    if (changes.length > 0) logger.warn({ partition, changes }, 'Rules were changed since the snapshot was taken');
    return windows;
  }

  private fresh(partition: number): WindowPartition {
    return new WindowPartition(partition, this.ports.plans.current, this.ports.options);
  }

  private count(changes: readonly EpisodeChange[]): void {
    for (const { rule, view } of changes) {
      const transition = view.isNew ? 'open' : view.state === 'open' ? 'update' : view.state;
      this.ports.metrics.weir_alerts_total.inc({ rule: rule.info.name, transition });
    }
  }

  private report(): void {
    const { metrics } = this.ports;
    for (const [rule, groups] of this.sum((store) => store.groups.size))
      metrics.weir_window_groups.set({ rule }, groups);
    this.reportIrregular();
    for (const [name, figure] of windowCounters) this.increase(name, figure);
    const entries = [...this.owned.values()].reduce((sum, { windows }) => sum + windows.counters.entries, 0);
    metrics.weir_window_entries_total.inc(Math.max(0, entries - this.entries));
    this.entries = entries;
  }

  private reportIrregular(): void {
    const orphaned = [...this.owned.values()].reduce((sum, { windows }) => sum + windows.counters.orphaned, 0);
    this.ports.metrics.weir_window_orphaned_total.inc(Math.max(0, orphaned - this.orphaned));
    this.orphaned = orphaned;
    const hurried = [...this.owned.values()].reduce((sum, { windows }) => sum + windows.merge.hurried, 0);
    this.ports.metrics.weir_window_hurried_total.inc(Math.max(0, hurried - this.hurried));
    this.hurried = hurried;
  }

  /** A figure of all stores, by rule. */
  private sum(figure: (store: WindowStore) => number): Map<string, number> {
    const sums = new Map<string, number>();
    for (const { windows } of this.owned.values()) {
      for (const [{ info }, store] of windows.stores) sums.set(info.name, (sums.get(info.name) ?? 0) + figure(store));
    }
    return sums;
  }

  private increase(name: WindowCounterMetric, figure: (store: WindowStore) => number): void {
    for (const [rule, total] of this.sum(figure)) {
      const key = `${name}/${rule}`;
      this.ports.metrics[name].inc({ rule }, Math.max(0, total - (this.reported.get(key) ?? 0)));
      this.reported.set(key, total);
    }
  }
}

const windowCounters = [
  ['weir_window_late_total', (store: WindowStore) => store.counters.late],
  ['weir_window_evicted_groups_total', (store: WindowStore) => store.counters.evictedGroups],
  ['weir_window_truncated_events_total', (store: WindowStore) => store.counters.truncatedEvents],
] as const;

type WindowCounterMetric = (typeof windowCounters)[number][0];

const nameOf = (partition: number): string => `${topics.matches}-${partition}`;
