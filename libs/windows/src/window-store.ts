import { AbsenceWindows } from './absence-windows.js';
import { type Episode, openEpisode } from './episode.js';
import { closeIfQuiet, passEpisodes, resolve } from './episode-end.js';
import { EventRuns } from './event-runs.js';
import type { Fire, FireRun } from './fire-run.js';
import { addFire } from './fire-slices.js';
import { GroupParents } from './group-parents.js';
import { GroupTable, word } from './group-table.js';
import { IdleGroups } from './idle-groups.js';
import { mergeLate } from './late.js';
import { LateEvents } from './late-events.js';
import { MeasuredWindows } from './measured-windows.js';
import { type MeasureSpec, memoryMsOf } from './measures/make.js';
import { Proofs } from './proofs.js';
import { openAmong } from './revise.js';
import { RisingWindows } from './rising-windows.js';
import { trimEvents } from './trim-events.js';
import { type EpisodeView, viewEpisode } from './view.js';
import {
  keepMsOf,
  keepsValues,
  measureOf,
  type WindowCounters,
  type WindowHits,
  type WindowSpec,
} from './window-spec.js';

/** Events whose groups are looked up together. */
const aheadEvents = 256;
/** A group is remembered for so long, or the lateness, on top of what windows need. */
const silentMoreMs = 60_000;

/**
 * Exact sliding windows over event time for many groups of one rule. Deterministic: a function of the events,
 * marks and `settle` calls in order; where late events settle changes no result but an alert's identity.
 */
export class WindowStore {
  readonly groups = new GroupTable();
  readonly runs: EventRuns;
  /** Of groups that are part of larger ones. */
  readonly parents = new GroupParents();
  readonly proofs: Proofs;
  readonly episodes = new Map<number, Episode[]>();
  readonly counters: WindowCounters = { late: 0, evictedGroups: 0, truncatedEvents: 0 };

  /** How much older than its group's newest event a late one may be. */
  readonly reachMs: number;
  /** How far back from its newest event a group's events are kept: what a late event's windows can still reach. */
  readonly keepMs: number;
  /** How a window is measured when it is looked at again. */
  readonly measureSpec: MeasureSpec;
  /** Does it matter to a window what went before it? */
  readonly hasMemory: boolean;
  readonly isRevisable: boolean;
  /** How long after its newest event a group may still matter. */
  readonly neededMs: number;
  /** A group that was silent for longer, by the log's clock, begins anew. */
  readonly forgetMs: number;
  readonly rising: RisingWindows | null = null;
  readonly measured: MeasuredWindows | null = null;
  readonly absence: AbsenceWindows | null = null;
  private readonly windows: RisingWindows | MeasuredWindows | AbsenceWindows;

  /** What time it is: the newest event counted, or what time marks say. */
  markMs = 0;
  /** Whatever was recorded up to this moment has been counted. */
  readUntilMs = 0;
  readonly late = new LateEvents();
  readonly idle = new IdleGroups(this);
  /** Episodes that changed since they were last handed out. */
  readonly dirty = new Set<Episode>();
  private readonly revised = new Set<Episode>();
  private readonly ahead = new Int32Array(aheadEvents);
  private readonly departing: EpisodeView[] = [];

  constructor(readonly spec: WindowSpec) {
    this.reachMs = spec.timespanMs + spec.latenessMs;
    this.keepMs = keepMsOf(spec);
    this.runs = new EventRuns(this.groups, keepsValues(spec));
    this.proofs = new Proofs(this.runs);
    this.measureSpec = measureOf(spec);
    const revisable = spec.kind === 'measured' ? spec.revisable : undefined;
    this.isRevisable = revisable !== undefined;
    const memoryMs = memoryMsOf(this.measureSpec, spec.timespanMs);
    this.hasMemory = memoryMs > 0;
    this.neededMs = Math.max(this.keepMs + spec.quietMs, memoryMs, revisable?.neededMs ?? 0);
    this.forgetMs = this.neededMs + Math.max(silentMoreMs, spec.latenessMs);
    if (spec.kind === 'measured') this.windows = this.measured = new MeasuredWindows(this, spec.measure);
    else if (spec.kind === 'absence') this.windows = this.absence = new AbsenceWindows(this);
    else this.windows = this.rising = new RisingWindows(this, spec.kind, spec.threshold);
  }

  /** Bytes held beside the events themselves, and by the events. */
  get bytes(): { groups: number; events: number } {
    return { groups: this.groups.bytes, events: this.runs.bytes };
  }

  /** Counts events, in the order of recording. */
  add(hits: WindowHits): void {
    const { groups } = this;
    const { count, groupLo, groupHi } = hits;
    for (let from = 0; from < count; from += aheadEvents) {
      const to = Math.min(from + aheadEvents, count);
      const removedBefore = groups.removed;
      // Looking up many groups at once lets the memory's latencies overlap: most of the time of a count goes there.
      for (let i = from; i < to; i++) this.ahead[i - from] = groups.find(groupLo[i], groupHi[i]);
      for (let i = from; i < to; i++) {
        const known = this.ahead[i - from];
        const found = known >= 0 && groups.removed === removedBefore ? known : groups.find(groupLo[i], groupHi[i]);
        this.addOne(hits, i, found);
      }
    }
  }

  /** It is now that the group gets an event, which was recorded then. */
  touch(slot: number, recordedAt: number): void {
    this.groups.set(slot, word.touchedMark, this.markMs / 1000);
    this.groups.set(slot, word.touchedAt, Math.max(this.groups.get(slot, word.touchedAt), recordedAt / 1000));
  }

  /** The group's slot, which begins anew where the group was silent too long; -1: it is not there. */
  known(slot: number, recordedAt: number): number {
    if (slot < 0 || !this.idle.isOver(slot, recordedAt)) return slot;
    this.closeGroup(slot);
    return -1;
  }

  private addOne(hits: WindowHits, i: number, there: number): void {
    const { groups } = this;
    const time = hits.times[i];
    const found = this.known(there, hits.recordedAt[i]);
    this.markMs = Math.max(this.markMs, Math.min(time, hits.recordedAt[i]));
    const slot = found >= 0 ? found : this.openGroup(hits.groupLo[i], hits.groupHi[i]);
    if (hits.parents) this.parents.set(slot, hits.parents.lo[i], hits.parents.hi[i], hits.parents.values[i]);
    this.touch(slot, hits.recordedAt[i]);
    if (found >= 0) {
      const newest = groups.newest(slot);
      if (time < newest) {
        if (time < newest - this.reachMs) this.counters.late++;
        else this.late.add(slot, { time, origin: hits.origins[i], value: hits.values[i] });
        return;
      }
    }
    // Not past the moment from which on the events and episodes near the oldest late one could be let go.
    if (time > this.late.oldest(slot) + this.reachMs) this.settleGroup(slot);
    this.append(slot, hits, i);
  }

  /** Ends a step: late events take their place. */
  settle(): void {
    for (const slot of this.late.slots()) this.settleGroup(slot);
    this.measured?.settle();
    this.revised.clear();
  }

  /**
   * Lets time pass: episodes that stayed quiet close, groups that no window needs leave. `readUntilMs`: whatever was recorded up
   * to then has been counted. Call after `settle`.
   */
  advance(markMs: number, readUntilMs: number): void {
    this.markMs = Math.max(this.markMs, markMs);
    this.readUntilMs = Math.max(this.readUntilMs, readUntilMs);
    this.absence?.advance();
    for (const slot of this.episodes.keys()) passEpisodes(this, slot, this.clockOf(slot));
    this.idle.sweep();
    this.revised.clear();
  }

  /** The episodes that changed since the last call, each with its evidence, ready to be published. */
  takeChanged(): EpisodeView[] {
    const views = this.departing.splice(0);
    for (const episode of this.dirty) views.push(viewEpisode(this, episode));
    this.dirty.clear();
    return views;
  }

  /** A group's own time: its newest event, moved on as far as time did since. */
  clockOf(slot: number): number {
    const passed = this.markMs - (this.groups.get(slot, word.touchedMark) + 1) * 1000;
    return this.groups.newest(slot) + Math.max(0, passed);
  }

  /** A revision for everything from one `settle` or `advance` to the next: what is read at once makes no difference. */
  changed(episode: Episode): void {
    this.dirty.add(episode);
    if (this.revised.has(episode)) return;
    this.revised.add(episode);
    episode.revision++;
  }

  /** Sets the window that ends at the newest event anew. */
  recountWindow(slot: number): void {
    // Where entries may be taken back, windows are always looked at anew.
    if (!this.isRevisable) this.windows.recount(slot);
  }

  /** What is remembered of a group's events before the oldest kept one. */
  memoryOf(slot: number): readonly number[] {
    return this.measured?.memoryOf(slot) ?? [];
  }

  private append(slot: number, hits: WindowHits, i: number): void {
    const { runs, groups } = this;
    const time = hits.times[i];
    if (this.rising === null && time > groups.newest(slot)) (this.measured ?? this.absence)?.pass(slot, time);
    const hasEpisode = this.episodes.size > 0 && this.episodes.has(slot);
    if (hasEpisode) passEpisodes(this, slot, time);
    else if (groups.newest(slot) <= time - this.keepMs) this.clear(slot);
    if (runs.isFull(slot)) trimEvents(this, slot, time);
    this.windows.append(slot, time, hits.origins[i], hits.values[i], hasEpisode);
  }

  /** The entry at `index` is the group's newest: it belongs to what is open; one silence may begin where another ends. */
  noteEvent(slot: number, index: number): void {
    const isEvent = !this.runs.repeatsOrigin(slot, index);
    for (const episode of this.episodes.get(slot) ?? []) {
      if (episode.state !== 'open') continue;
      if (isEvent) episode.events++;
      this.changed(episode);
    }
  }

  /** The condition holds at the group's newest event. */
  fire(slot: number, { time, holdUntil, observed, expected }: Fire): void {
    const open = this.episodes.size > 0 ? this.openEpisodeOf(slot) : undefined;
    if (open !== undefined) {
      open.lastFire = time;
      open.holdUntil = holdUntil;
      open.value = observed;
      open.peak = Math.max(open.peak, observed);
      open.expected = expected;
      addFire(open.slices, time, this.spec.fireSliceMs);
      this.changed(open);
      return;
    }
    const run = { openedAt: time, lastFire: time, holdUntil, value: observed, peak: observed, expected, slices: [] };
    addFire(run.slices, time, this.spec.fireSliceMs);
    const known = this.episodes.get(slot) ?? [];
    const opened = openAmong(known, run, () => this.newEpisode(slot, run));
    if (known.length === 1) this.episodes.set(slot, known);
    const length = this.runs.length(slot);
    const first = length - this.groups.get(slot, word.held);
    opened.firstSeen = this.runs.time(slot, first);
    opened.events = this.runs.countOrigins(slot, first, length);
    this.changed(opened);
  }

  /** Late events can reach back as far as the group's time then; other episodes of the group know how far before. */
  newEpisode(slot: number, run: FireRun): Episode {
    const settledTo = this.episodes.get(slot)?.[0]?.settledTo ?? this.groups.newest(slot) - this.reachMs;
    return openEpisode(slot, this.groups.hashLo(slot), this.groups.hashHi(slot), run, settledTo);
  }

  openEpisodeOf(slot: number): Episode | undefined {
    return this.episodes.get(slot)?.findLast((episode) => episode.state === 'open');
  }

  /** Looks again at what late events can still change. */
  revise(slot: number): void {
    for (const episode of mergeLate(this, slot, [])) this.changed(episode);
  }

  settleGroup(slot: number): void {
    for (const episode of mergeLate(this, slot, this.late.take(slot))) this.changed(episode);
  }

  /** Nothing that the group holds matters any more; it has no episode. */
  private clear(slot: number): void {
    this.measured?.fold(slot, this.runs.length(slot));
    this.runs.clear(slot);
    this.groups.set(slot, word.held, 0);
    this.windows.forget(slot);
  }

  openGroup(lo: number, hi: number): number {
    if (this.groups.size >= this.spec.groupsMax) this.idle.evictOne();
    const slot = this.groups.insert(lo, hi);
    this.runs.open(slot);
    return slot;
  }

  /** The group leaves, and its episodes are handed out a last time. */
  closeGroup(slot: number): void {
    for (const episode of this.episodes.get(slot) ?? []) {
      resolve(this, episode);
      // Of a group that is silent nobody will hear when it comes back.
      if (episode.holdUntil === Number.POSITIVE_INFINITY) episode.holdUntil = this.clockOf(slot);
      closeIfQuiet(this, episode, Number.POSITIVE_INFINITY);
      if (this.dirty.delete(episode)) this.departing.push(viewEpisode(this, episode));
    }
    this.episodes.delete(slot);
    this.late.take(slot);
    this.rising?.forget(slot);
    this.measured?.remove(slot);
    this.proofs.drop(slot, this.runs.length(slot));
    this.runs.release(slot);
    this.groups.remove(slot);
  }
}
