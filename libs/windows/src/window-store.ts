import { DistinctCounter } from './distinct-counter.js';
import { dropFromEpisode, type Episode, openEpisode } from './episode.js';
import { EventRuns, type WindowEvent } from './event-runs.js';
import { GroupTable, grown } from './group-table.js';
import { mergeLate } from './late.js';
import { type EpisodeView, viewEpisode } from './view.js';

/** What one window rule counts, and the limits it keeps. */
export interface WindowSpec {
  /** `count`: events. `distinct`: different values among them. */
  kind: 'count' | 'distinct';
  /** Windows are (t − timespanMs, t]. */
  timespanMs: number;
  /** An event older than its group's newest by more than timespan + lateness is late: counted, and nothing else. */
  latenessMs: number;
  /** How long a group must stay below before its episode closes. */
  quietMs: number;
  /** The condition holds while the window has at least so many. */
  threshold: number;
  /** Groups kept at most; beyond it the one that was silent longest makes room. */
  groupsMax: number;
  /** Events kept for one group at most; beyond it the oldest go, and are counted as truncated. */
  eventsPerGroupMax: number;
}

/** What limits pushed out since the store was made. */
export interface WindowCounters {
  late: number;
  evictedGroups: number;
  truncatedEvents: number;
}

/** A group leaves the moment no window can need it, but never before it was silent this long by the log's clock. */
const idleRecordedMs = 60_000;
/** Groups looked at per time mark when looking for those to leave, and per insertion when the store is full. */
const sweepGroupsMax = 4096;
const evictSampleMax = 16;

/**
 * Exact sliding windows over event time for many groups of one rule. Deterministic: a function of the events, marks
 * and batch ends in order; where the batches end changes no result.
 */
export class WindowStore {
  readonly groups = new GroupTable();
  readonly runs: EventRuns;
  readonly distinctValues: DistinctCounter;
  /** How many of a group's newest events the window ending at its newest event holds; and distinct values therein. */
  inWindow = new Uint32Array(64);
  distinct: Uint32Array;
  readonly episodes = new Map<number, Episode[]>();
  readonly counters: WindowCounters = { late: 0, evictedGroups: 0, truncatedEvents: 0 };

  /** Mark time and recorded time when a group last got an event, in seconds since the epoch. */
  touchedMark = new Uint32Array(64);
  touchedAt = new Uint32Array(64);
  markMs = 0;
  private recordedMs = 0;
  private hasEpisode = new Uint8Array(64);
  private readonly late = new Map<number, { oldest: number; events: WindowEvent[] }>();
  private dirty = new Set<Episode>();
  private readonly departing: EpisodeView[] = [];
  private sweepAt = 0;

  constructor(readonly spec: WindowSpec) {
    this.runs = new EventRuns(spec.kind === 'distinct');
    this.distinctValues = new DistinctCounter(this.runs);
    this.distinct = new Uint32Array(spec.kind === 'distinct' ? 64 : 0);
  }

  /** How far back from its newest event a group's events are kept: what a late event's windows can still reach. */
  get keepMs(): number {
    return 2 * this.spec.timespanMs + this.spec.latenessMs;
  }

  /** Bytes held beside the events themselves, and by the events. */
  get bytes(): { groups: number; events: number } {
    const perSlot = [this.inWindow, this.distinct, this.touchedMark, this.touchedAt, this.hasEpisode];
    const slots = perSlot.reduce((sum, array) => sum + array.byteLength, 0);
    return { groups: this.groups.bytes + this.runs.slotBytes + slots, events: this.runs.eventBytes };
  }

  /** Counts one event. `value` matters to distinct counts only. */
  add(groupLo: number, groupHi: number, time: number, origin: number, value: number): void {
    const found = this.groups.find(groupLo, groupHi);
    const slot = found >= 0 ? found : this.openGroup(groupLo, groupHi);
    this.touchedMark[slot] = this.markMs / 1000;
    this.touchedAt[slot] = this.recordedMs / 1000;
    if (found >= 0) {
      const newest = this.runs.newest(slot);
      if (time < newest) {
        if (time < newest - this.spec.timespanMs - this.spec.latenessMs) this.counters.late++;
        else this.putAside(slot, { time, origin, value });
        return;
      }
    }
    const waiting = this.late.size > 0 ? this.late.get(slot) : undefined;
    if (waiting !== undefined && time > waiting.oldest + this.spec.timespanMs + this.spec.latenessMs)
      this.settleGroup(slot);
    this.append(slot, time, origin, value);
  }

  /**
   * Ends a batch: late events take their place. Returns the episodes that changed since the last call, each with its
   * evidence, ready to be published.
   */
  settle(): EpisodeView[] {
    for (const slot of this.late.keys()) this.settleGroup(slot);
    return this.takeChanged();
  }

  /** Lets time pass: episodes that stayed quiet close, groups that no window needs leave. Call after `settle`. */
  advance(markMs: number, recordedMs: number): EpisodeView[] {
    this.clock(markMs, recordedMs);
    for (const [slot, episodes] of this.episodes) {
      const clock = this.clockOf(slot);
      for (const episode of episodes) this.closeIfQuiet(episode, clock);
      this.forgetSettled(slot, episodes, clock);
    }
    this.sweep();
    return this.takeChanged();
  }

  /** The time that a batch of events brings with it; call before its events. */
  clock(markMs: number, recordedMs: number): void {
    this.markMs = Math.max(this.markMs, markMs);
    this.recordedMs = Math.max(this.recordedMs, recordedMs);
  }

  /** A group's own time: its newest event, moved on as long as marks moved on since. */
  clockOf(slot: number): number {
    const passed = this.markMs - (this.touchedMark[slot] + 1) * 1000;
    return this.runs.newest(slot) + Math.max(0, passed);
  }

  /** Closes the episode where the group's time has passed its end; opens it again where a late event moved the end. */
  closeIfQuiet(episode: Episode, clock: number): void {
    if (episode.state === 'merged') return;
    if (Number.isNaN(episode.holdUntil) && clock >= episode.lastFire + this.resolveAfterMs) this.resolve(episode);
    const state = clock >= episode.holdUntil + this.spec.quietMs ? 'closed' : 'open';
    if (state === episode.state) return;
    episode.state = state;
    this.changed(episode);
  }

  /** When the condition stops holding after the event at index `last`, where it holds. */
  holdEnd(slot: number, last: number): number {
    const { threshold, timespanMs, kind } = this.spec;
    if (kind === 'count') return this.runs.time(slot, last - threshold + 1) + timespanMs;
    const seen = new Set<number>();
    for (let i = last; ; i--) {
      seen.add(this.runs.value(slot, i));
      if (seen.size === threshold) return this.runs.time(slot, i) + timespanMs;
    }
  }

  /** Works out `holdUntil`. Everything it needs is still kept: see `resolveAfterMs`. */
  resolve(episode: Episode): void {
    if (!Number.isNaN(episode.holdUntil)) return;
    episode.holdUntil = this.holdEnd(episode.slot, this.runs.countUntil(episode.slot, episode.lastFire) - 1);
  }

  changed(episode: Episode): void {
    this.dirty.add(episode);
  }

  restoreGroup(lo: number, hi: number, touchedMark: number, touchedAt: number): number {
    const slot = this.openGroup(lo, hi);
    this.touchedMark[slot] = touchedMark;
    this.touchedAt[slot] = touchedAt;
    return slot;
  }

  restoreEpisode(episode: Episode): void {
    const list = this.episodes.get(episode.slot);
    if (list) list.push(episode);
    else this.episodes.set(episode.slot, [episode]);
    this.hasEpisode[episode.slot] = 1;
  }

  /** Sets the window that ends at the newest event anew. */
  recountWindow(slot: number): void {
    const length = this.runs.length[slot];
    const from = this.runs.countUntil(slot, this.runs.newest(slot) - this.spec.timespanMs);
    this.inWindow[slot] = length - from;
    if (this.spec.kind === 'distinct') this.distinct[slot] = this.distinctValues.recount(slot, from, length);
  }

  private get resolveAfterMs(): number {
    return Math.min(this.spec.quietMs, this.spec.timespanMs);
  }

  private append(slot: number, time: number, origin: number, value: number): void {
    if (this.hasEpisode[slot] === 1) this.beforeNewest(slot, time);
    const { runs, spec } = this;
    if (runs.isFull(slot)) this.trim(slot, time);
    const length = runs.length[slot];
    let held = this.inWindow[slot];
    const expired = time - spec.timespanMs;
    if (spec.kind === 'count') {
      while (held > 0 && runs.time(slot, length - held) <= expired) held--;
    } else {
      while (held > 0 && runs.time(slot, length - held) <= expired) {
        const oldest = runs.value(slot, length - held--);
        this.distinct[slot] -= this.distinctValues.leave(slot, length - held, length, oldest);
      }
      this.distinct[slot] += this.distinctValues.enter(slot, length - held, length, value);
    }
    runs.append(slot, time, origin, value);
    this.inWindow[slot] = held + 1;
    const observed = spec.kind === 'count' ? held + 1 : this.distinct[slot];
    if (observed >= spec.threshold) this.fire(slot, time, observed);
    else if (this.hasEpisode[slot] === 1) this.touchOpen(slot);
  }

  /** Before a group's time moves on to `time`: what its last episode needs from the events that may now go. */
  private beforeNewest(slot: number, time: number): void {
    const episodes = this.episodes.get(slot)!;
    for (const episode of episodes) this.closeIfQuiet(episode, time);
    this.forgetSettled(slot, episodes, time);
  }

  private fire(slot: number, time: number, observed: number): void {
    const holdUntil = this.spec.kind === 'count' ? this.holdEnd(slot, this.runs.length[slot] - 1) : Number.NaN;
    const episode = this.openEpisodeOf(slot);
    if (episode !== undefined) {
      episode.lastFire = time;
      episode.holdUntil = holdUntil;
      episode.value = observed;
      episode.peak = Math.max(episode.peak, observed);
      this.changed(episode);
      return;
    }
    const opened = this.newEpisode(slot, {
      openedAt: time,
      lastFire: time,
      holdUntil,
      value: observed,
      peak: observed,
    });
    opened.firstSeen = this.runs.time(slot, this.runs.length[slot] - this.inWindow[slot]);
    this.restoreEpisode(opened);
    this.changed(opened);
  }

  newEpisode(slot: number, run: Parameters<typeof openEpisode>[3]): Episode {
    return openEpisode(slot, this.groups.hashLo[slot], this.groups.hashHi[slot], run);
  }

  private openEpisodeOf(slot: number): Episode | undefined {
    if (this.hasEpisode[slot] === 0) return undefined;
    return this.episodes.get(slot)!.findLast((episode) => episode.state === 'open');
  }

  private touchOpen(slot: number): void {
    const episode = this.openEpisodeOf(slot);
    if (episode !== undefined) this.changed(episode);
  }

  /**
   * Late events wait for the end of the batch, so that many of them cost one pass; but not past the moment from which
   * on the events and episodes near the oldest of them could be let go.
   */
  private putAside(slot: number, event: WindowEvent): void {
    const waiting = this.late.get(slot);
    if (waiting === undefined) {
      this.late.set(slot, { oldest: event.time, events: [event] });
      return;
    }
    waiting.events.push(event);
    waiting.oldest = Math.min(waiting.oldest, event.time);
  }

  private settleGroup(slot: number): void {
    const { events } = this.late.get(slot)!;
    this.late.delete(slot);
    for (const episode of mergeLate(this, slot, events)) this.changed(episode);
  }

  /** Drops the events that no window can need once the group's newest is at `time`, or that exceed the limit. */
  private trim(slot: number, time: number): void {
    const old = this.runs.countUntil(slot, time - this.keepMs);
    const over = this.runs.length[slot] - this.spec.eventsPerGroupMax;
    const excess = over >= 0 ? over + (this.spec.eventsPerGroupMax >> 3) + 1 : 0;
    if (excess > old) this.counters.truncatedEvents += excess - old;
    this.drop(slot, Math.max(old, excess));
  }

  private drop(slot: number, count: number): void {
    if (count === 0) return;
    for (const episode of this.episodes.get(slot) ?? []) {
      const end = Number.isNaN(episode.holdUntil) ? Number.POSITIVE_INFINITY : episode.holdUntil + this.spec.quietMs;
      for (let i = 0; i < count; i++) {
        const time = this.runs.time(slot, i);
        if (time < episode.firstSeen || time >= end || episode.state === 'merged') continue;
        dropFromEpisode(episode, { time, origin: this.runs.origin(slot, i) });
      }
    }
    this.runs.dropOldest(slot, count);
    if (this.inWindow[slot] > this.runs.length[slot]) this.recountWindow(slot);
  }

  /** Episodes that no accepted event can reach any more are let go once they have been handed out closed. */
  private forgetSettled(slot: number, episodes: Episode[], clock: number): void {
    const reach = clock - this.spec.timespanMs - this.spec.latenessMs;
    const kept = episodes.filter(
      (e) => this.dirty.has(e) || e.state === 'open' || e.holdUntil + this.spec.quietMs > reach,
    );
    if (kept.length === episodes.length) return;
    if (kept.length > 0) this.episodes.set(slot, kept);
    else {
      this.episodes.delete(slot);
      this.hasEpisode[slot] = 0;
    }
  }

  private takeChanged(): EpisodeView[] {
    const views = this.departing.splice(0);
    for (const episode of this.dirty) views.push(viewEpisode(this, episode));
    this.dirty.clear();
    return views;
  }

  private openGroup(lo: number, hi: number): number {
    if (this.groups.size >= this.spec.groupsMax) this.evictOne();
    const slot = this.groups.insert(lo, hi);
    if (this.groups.capacity > this.inWindow.length) this.growSlots(this.groups.capacity);
    this.runs.open(slot);
    this.inWindow[slot] = 0;
    this.hasEpisode[slot] = 0;
    if (this.spec.kind === 'distinct') this.distinct[slot] = 0;
    return slot;
  }

  private growSlots(capacity: number): void {
    this.runs.ensureSlots(capacity);
    this.inWindow = grown(this.inWindow, capacity);
    this.touchedMark = grown(this.touchedMark, capacity);
    this.touchedAt = grown(this.touchedAt, capacity);
    this.hasEpisode = grown(this.hasEpisode, capacity);
    if (this.spec.kind === 'distinct') this.distinct = grown(this.distinct, capacity);
  }

  private sweep(): void {
    const count = Math.min(sweepGroupsMax, this.groups.slotsUsed);
    for (let i = 0; i < count; i++) {
      this.sweepAt = (this.sweepAt + 1) % this.groups.slotsUsed;
      if (this.groups.has(this.sweepAt) && this.canLeave(this.sweepAt)) this.closeGroup(this.sweepAt);
    }
  }

  private canLeave(slot: number): boolean {
    if (this.hasEpisode[slot] === 1 || this.late.has(slot)) return false;
    const silentMs = this.recordedMs - this.touchedAt[slot] * 1000;
    const idleMs = Math.max(idleRecordedMs, this.spec.latenessMs);
    return silentMs > idleMs && this.clockOf(slot) - this.runs.newest(slot) > this.keepMs + this.spec.quietMs;
  }

  /** Full: of a small sample, the group without an alert that was silent longest. */
  private evictOne(): void {
    let victim = -1;
    for (let i = 0; i < evictSampleMax || victim < 0; i++) {
      this.sweepAt = (this.sweepAt + 1) % this.groups.slotsUsed;
      const slot = this.sweepAt;
      if (!this.groups.has(slot) || (i < this.groups.slotsUsed && this.hasEpisode[slot] === 1)) continue;
      if (victim < 0 || this.touchedAt[slot] < this.touchedAt[victim]) victim = slot;
    }
    if (!this.canLeave(victim)) this.counters.evictedGroups++;
    this.closeGroup(victim);
  }

  private closeGroup(slot: number): void {
    for (const episode of this.episodes.get(slot) ?? []) {
      this.resolve(episode);
      this.closeIfQuiet(episode, Number.POSITIVE_INFINITY);
      if (this.dirty.delete(episode)) this.departing.push(viewEpisode(this, episode));
    }
    this.episodes.delete(slot);
    this.late.delete(slot);
    this.distinctValues.forget(slot);
    this.runs.release(slot);
    this.groups.remove(slot);
  }
}
