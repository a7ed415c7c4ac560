import { DistinctCounter } from './distinct-counter.js';
import { type Episode, openEpisode } from './episode.js';
import { EventRuns } from './event-runs.js';
import { GroupTable, word } from './group-table.js';
import { IdleGroups } from './idle-groups.js';
import { mergeLate } from './late.js';
import { LateEvents } from './late-events.js';
import { trimEvents } from './trim-events.js';
import { type EpisodeView, viewEpisode } from './view.js';
import type { WindowCounters, WindowHits, WindowSpec } from './window-spec.js';

/** Events whose groups are looked up together. */
const aheadEvents = 256;

/**
 * Exact sliding windows over event time for many groups of one rule. Deterministic: a function of the events,
 * marks and `settle` calls in order; where late events settle changes no result but an alert's identity.
 */
export class WindowStore {
  readonly groups = new GroupTable();
  readonly runs: EventRuns;
  readonly distinctValues: DistinctCounter;
  readonly episodes = new Map<number, Episode[]>();
  readonly counters: WindowCounters = { late: 0, evictedGroups: 0, truncatedEvents: 0 };

  /** What time it is: the newest event counted, or what time marks say. */
  markMs = 0;
  recordedMs = 0;
  readonly late = new LateEvents();
  private readonly idle = new IdleGroups(this);
  private readonly dirty = new Set<Episode>();
  private readonly revised = new Set<Episode>();
  private readonly ahead = new Int32Array(aheadEvents);
  private readonly departing: EpisodeView[] = [];

  constructor(readonly spec: WindowSpec) {
    this.runs = new EventRuns(this.groups, spec.kind === 'distinct');
    this.distinctValues = new DistinctCounter(this.runs);
  }

  /** How far back from its newest event a group's events are kept: what a late event's windows can still reach. */
  get keepMs(): number {
    return 2 * this.spec.timespanMs + this.spec.latenessMs;
  }

  /** Bytes held beside the events themselves, and by the events. */
  get bytes(): { groups: number; events: number } {
    return { groups: this.groups.bytes, events: this.runs.bytes };
  }

  /** Counts events, in the order of recording. `readAt`: when the log recorded that they were matched, ms. */
  add(hits: WindowHits, readAt: number): void {
    const { groups } = this;
    this.recordedMs = Math.max(this.recordedMs, readAt);
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

  private addOne(hits: WindowHits, i: number, found: number): void {
    const { groups } = this;
    const time = hits.times[i];
    this.markMs = Math.max(this.markMs, Math.min(time, hits.recordedAt[i]));
    const slot = found >= 0 ? found : this.openGroup(hits.groupLo[i], hits.groupHi[i]);
    groups.set(slot, word.touchedMark, this.markMs / 1000);
    groups.set(slot, word.touchedAt, this.recordedMs / 1000);
    if (found >= 0) {
      const newest = groups.newest(slot);
      if (time < newest) {
        if (time < newest - this.spec.timespanMs - this.spec.latenessMs) this.counters.late++;
        else this.late.add(slot, { time, origin: hits.origins[i], value: hits.values[i] });
        return;
      }
    }
    // Not past the moment from which on the events and episodes near the oldest late one could be let go.
    if (time > this.late.oldest(slot) + this.spec.timespanMs + this.spec.latenessMs) this.settleGroup(slot);
    this.append(slot, hits, i);
  }

  /** Ends a step: late events take their place. */
  settle(): void {
    for (const slot of this.late.slots()) this.settleGroup(slot);
    this.revised.clear();
  }

  /** Lets time pass: episodes that stayed quiet close, groups that no window needs leave. Call after `settle`. */
  advance(markMs: number, recordedMs: number): void {
    this.markMs = Math.max(this.markMs, markMs);
    this.recordedMs = Math.max(this.recordedMs, recordedMs);
    for (const [slot, episodes] of this.episodes) {
      const clock = this.clockOf(slot);
      for (const episode of episodes) this.closeIfQuiet(episode, clock);
      this.forgetSettled(slot, episodes, clock);
    }
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

  /** A revision for everything from one `settle` or `advance` to the next: what is read at once makes no difference. */
  changed(episode: Episode): void {
    this.dirty.add(episode);
    if (this.revised.has(episode)) return;
    this.revised.add(episode);
    episode.revision++;
  }

  restoreGroup(lo: number, hi: number, touchedMark: number, touchedAt: number): number {
    const slot = this.openGroup(lo, hi);
    this.groups.set(slot, word.touchedMark, touchedMark);
    this.groups.set(slot, word.touchedAt, touchedAt);
    return slot;
  }

  restoreEpisode(episode: Episode): void {
    const list = this.episodes.get(episode.slot);
    if (list) list.push(episode);
    else this.episodes.set(episode.slot, [episode]);
  }

  /** Sets the window that ends at the newest event anew. */
  recountWindow(slot: number): void {
    const length = this.runs.length(slot);
    const from = this.runs.countUntil(slot, this.groups.newest(slot) - this.spec.timespanMs);
    this.groups.set(slot, word.held, length - from);
    if (this.spec.kind === 'distinct')
      this.groups.set(slot, word.distinct, this.distinctValues.recount(slot, from, length));
  }

  private get resolveAfterMs(): number {
    return Math.min(this.spec.quietMs, this.spec.timespanMs);
  }

  private append(slot: number, hits: WindowHits, i: number): void {
    const { runs, spec, groups } = this;
    const time = hits.times[i];
    const value = hits.values[i];
    const hasEpisode = this.episodes.size > 0 && this.episodes.has(slot);
    if (hasEpisode) this.beforeNewest(slot, time);
    else if (groups.newest(slot) <= time - this.keepMs) this.clear(slot);
    if (runs.isFull(slot)) trimEvents(this, slot, time);
    const length = runs.length(slot);
    let held = groups.get(slot, word.held);
    const expired = time - spec.timespanMs;
    let observed: number;
    if (spec.kind === 'count') {
      while (held > 0 && runs.time(slot, length - held) <= expired) held--;
      observed = held + 1;
    } else {
      observed = groups.get(slot, word.distinct);
      while (held > 0 && runs.time(slot, length - held) <= expired) {
        const oldest = runs.value(slot, length - held--);
        observed -= this.distinctValues.leave(slot, length - held, length, oldest);
      }
      observed += this.distinctValues.enter(slot, length - held, length, value);
      groups.set(slot, word.distinct, observed);
    }
    runs.append(slot, time, hits.origins[i], value);
    groups.set(slot, word.held, held + 1);
    const open = hasEpisode ? this.openEpisodeOf(slot) : undefined;
    if (open !== undefined) {
      if (!runs.repeatsOrigin(slot, length)) open.events++;
      this.changed(open);
    }
    if (observed >= spec.threshold) this.fire(slot, time, observed, open);
  }

  /** Before a group's time moves on to `time`: what its last episode needs from the events that may now go. */
  private beforeNewest(slot: number, time: number): void {
    const episodes = this.episodes.get(slot)!;
    for (const episode of episodes) this.closeIfQuiet(episode, time);
    this.forgetSettled(slot, episodes, time);
  }

  private fire(slot: number, time: number, observed: number, open: Episode | undefined): void {
    const last = this.runs.length(slot) - 1;
    const holdUntil = this.spec.kind === 'count' ? this.holdEnd(slot, last) : Number.NaN;
    if (open !== undefined) {
      open.lastFire = time;
      open.holdUntil = holdUntil;
      open.value = observed;
      open.peak = Math.max(open.peak, observed);
      return;
    }
    const fire = { openedAt: time, lastFire: time, holdUntil, value: observed, peak: observed };
    const opened = this.newEpisode(slot, fire);
    const first = last + 1 - this.groups.get(slot, word.held);
    opened.firstSeen = this.runs.time(slot, first);
    opened.events = this.runs.countOrigins(slot, first, last + 1);
    this.restoreEpisode(opened);
    this.changed(opened);
  }

  newEpisode(slot: number, run: Parameters<typeof openEpisode>[3]): Episode {
    return openEpisode(slot, this.groups.hashLo(slot), this.groups.hashHi(slot), run);
  }

  private openEpisodeOf(slot: number): Episode | undefined {
    return this.episodes.get(slot)?.findLast((episode) => episode.state === 'open');
  }

  private settleGroup(slot: number): void {
    for (const episode of mergeLate(this, slot, this.late.take(slot))) this.changed(episode);
  }

  /** Nothing that the group holds matters any more; it has no episode. */
  private clear(slot: number): void {
    this.runs.clear(slot);
    this.groups.set(slot, word.held, 0);
    this.groups.set(slot, word.distinct, 0);
    this.distinctValues.forget(slot);
  }

  /** Episodes that no accepted event can reach any more are let go once they have been handed out closed. */
  private forgetSettled(slot: number, episodes: Episode[], clock: number): void {
    const reach = clock - this.spec.timespanMs - this.spec.latenessMs;
    const kept = episodes.filter(
      (e) => this.dirty.has(e) || e.state === 'open' || e.holdUntil + this.spec.quietMs > reach,
    );
    if (kept.length === episodes.length) return;
    if (kept.length > 0) this.episodes.set(slot, kept);
    else this.episodes.delete(slot);
  }

  private openGroup(lo: number, hi: number): number {
    if (this.groups.size >= this.spec.groupsMax) this.idle.evictOne();
    const slot = this.groups.insert(lo, hi);
    this.runs.open(slot);
    return slot;
  }

  /** The group leaves, and its episodes are handed out a last time. */
  closeGroup(slot: number): void {
    for (const episode of this.episodes.get(slot) ?? []) {
      this.resolve(episode);
      this.closeIfQuiet(episode, Number.POSITIVE_INFINITY);
      if (this.dirty.delete(episode)) this.departing.push(viewEpisode(this, episode));
    }
    this.episodes.delete(slot);
    this.late.take(slot);
    this.distinctValues.forget(slot);
    this.runs.release(slot);
    this.groups.remove(slot);
  }
}
