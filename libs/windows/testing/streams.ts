import fc from 'fast-check';
import { expect } from 'vitest';
import {
  type EpisodeView,
  restoreWindow,
  snapshotWindow,
  type WindowHits,
  type WindowSpec,
  WindowStore,
} from '../src/index.js';

export interface Arrival {
  group: number;
  time: number;
  /** What it brings: several values are several entries of one event. */
  values: number[];
  /** It goes on until then: only where a condition is asked about it. */
  until?: number;
  /** When the log recorded it. Default: all at one moment. */
  recordedAt?: number;
}

/** After all events of these streams happened. */
const recordedMs = 50_000_000;

/** How an episode ended up, as far as it does not hang on the order of arrival. */
export type Outcome = Pick<
  EpisodeView,
  'openedAt' | 'firstSeen' | 'lastSeen' | 'closedAt' | 'value' | 'peak' | 'expected' | 'events'
>;

/** Is it so at time `t` when of the group's events only those up to `upTo` have come? */
export type Condition = (
  events: readonly Arrival[],
  upTo: number,
  t: number,
) => { holds: boolean; observed: number; expected: number | null };

/** A stretch [from, until) in which the condition holds. */
export interface Held {
  from: number;
  until: number;
  observed: number;
  expected: number | null;
}

/** Recounts every window of every group from all its events. Knows nothing of order, batches or state. Times are multiples of `stepMs`. */
export function bruteForce(
  spec: WindowSpec,
  condition: Condition,
  arrivals: readonly Arrival[],
  stepMs = 1,
): Map<number, Outcome[]> {
  return bruteForceOf(spec, arrivals, (events) => outcomesOf(spec, events, firesOf(spec, condition, events, stepMs)));
}

/** The outcomes of each group's accepted events. */
export function bruteForceOf<Found extends Pick<Outcome, 'openedAt' | 'closedAt'>>(
  spec: WindowSpec,
  arrivals: readonly Arrival[],
  outcomes: (events: readonly Arrival[]) => Found[],
): Map<number, Found[]> {
  return new Map(
    [...Map.groupBy(arrivals, ({ group }) => group)].map(([group, all]) => [
      group,
      acceptedOf(spec, all, outcomes)
        .flatMap(outcomes)
        .sort((a, b) => a.openedAt - b.openedAt),
    ]),
  );
}

/** The events of a group that are not late; apart, where it begins anew: its last alert is out of reach and it was silent for long. */
function acceptedOf(
  spec: WindowSpec,
  arrivals: readonly Arrival[],
  outcomes: (events: readonly Arrival[]) => Pick<Outcome, 'closedAt'>[],
): Arrival[][] {
  const reachMs = spec.timespanMs + spec.latenessMs;
  const { forgetMs } = new WindowStore(spec);
  const accepted: Arrival[][] = [[]];
  let touchedAt = 0;
  for (const arrival of arrivals) {
    const { time, recordedAt = recordedMs } = arrival;
    const events = accepted.at(-1)!;
    const newest = Math.max(...events.map((e) => e.time));
    const isReached = ({ closedAt }: Pick<Outcome, 'closedAt'>) => closedAt === null || closedAt > newest - reachMs;
    const isSilent = recordedAt - Math.floor(touchedAt / 1000) * 1000 > forgetMs && spec.kind !== 'absence';
    touchedAt = recordedAt;
    if (events.length > 0 && isSilent && !outcomes(events).some(isReached)) accepted.push([arrival]);
    else if (events.length === 0 || time >= newest - reachMs) events.push(arrival);
  }
  return accepted;
}

/** Events at whose time the condition holds, and how long it does. */
export function firesOf(spec: WindowSpec, condition: Condition, events: readonly Arrival[], stepMs: number): Held[] {
  const times = [...new Set(events.map((e) => e.time))].sort((a, b) => a - b);
  return times.flatMap((t, i) => {
    const { holds, observed, expected } = condition(events, t, t);
    if (!holds) return [];
    let until = t + stepMs;
    while (until !== times[i + 1] && until < t + spec.timespanMs && condition(events, t, until).holds) until += stepMs;
    return { from: t, until, observed, expected };
  });
}

/** The fires of each episode. */
export function episodesOf(spec: WindowSpec, fires: readonly Held[]): Held[][] {
  const episodes: Held[][] = [];
  for (const fire of fires) {
    const last = episodes.at(-1);
    if (last && fire.from < Math.max(...last.map((f) => f.until)) + spec.quietMs) last.push(fire);
    else episodes.push([fire]);
  }
  return episodes;
}

export function outcomesOf(spec: WindowSpec, events: readonly Arrival[], fires: readonly Held[]): Outcome[] {
  const times = [...new Set(events.map((e) => e.time))].sort((a, b) => a - b);
  // An alert of absence begins with the events before it.
  const isOf = (t: number, openedAt: number) =>
    spec.kind === 'absence' ? t >= openedAt - spec.timespanMs : t > openedAt - spec.timespanMs;
  const newest = times.at(-1)!;
  return episodesOf(spec, fires).map((fires) => {
    const end = Math.max(...fires.map((f) => f.until)) + spec.quietMs;
    const openedAt = fires[0].from;
    const firstSeen = times.find((t) => isOf(t, openedAt))!;
    const within = events.filter((e) => e.time >= firstSeen && e.time < end);
    return {
      openedAt,
      firstSeen,
      lastSeen: Math.max(...within.map((e) => e.time)),
      closedAt: newest >= end ? end : null,
      value: fires.at(-1)!.observed,
      peak: Math.max(...fires.map((f) => f.observed)),
      expected: fires.at(-1)!.expected,
      events: within.length,
    };
  });
}

export interface Entry {
  group: number;
  time: number;
  origin: number;
  value?: number;
  recordedAt?: number;
}

export const hitsOf = (entries: readonly Entry[]): WindowHits => ({
  count: entries.length,
  groupLo: Int32Array.from(entries, ({ group }) => group),
  groupHi: new Int32Array(entries.length).fill(7),
  times: Float64Array.from(entries, ({ time }) => time),
  recordedAt: Float64Array.from(entries, ({ recordedAt = recordedMs }) => recordedAt),
  origins: Float64Array.from(entries, ({ origin }) => origin),
  values: Float64Array.from(entries, ({ value = 0 }) => value),
});

export function changedAfter(store: WindowStore, markMs = 0, readUntilMs = 0): EpisodeView[] {
  store.settle();
  if (markMs > 0) store.advance(markMs, readUntilMs);
  return store.takeChanged();
}

/** Feeds arrivals in batches, with a snapshot and restore after every so many; `marks`: to where time moves on after each batch, 0: nowhere. */
export function run(
  spec: WindowSpec,
  arrivals: readonly Arrival[],
  batch: number,
  restoreEvery = 0,
  marks: readonly number[] = [],
): Map<number, Outcome[]> {
  let store = new WindowStore(spec);
  const latest = new Map<string, EpisodeView>();
  const publish = (views: EpisodeView[]) => {
    for (const view of views) {
      const key = `${view.groupLo}/${view.anchor}`;
      expect(view.revision).toBeGreaterThan(latest.get(key)?.revision ?? 0);
      latest.set(key, view);
    }
  };
  for (let at = 0; at < arrivals.length; at += batch) {
    const entries = arrivals.slice(at, at + batch).flatMap(({ group, time, values, recordedAt }, i) => {
      const counted = spec.kind === 'count' ? [0] : values;
      return counted.map((value) => ({ group, time, origin: at + i, value, recordedAt }));
    });
    store.add(hitsOf(entries));
    publish(changedAfter(store, marks[at / batch], arrivals[at + batch]?.recordedAt));
    if (restoreEvery > 0 && (at / batch) % restoreEvery === 0) {
      store = restoreWindow(spec, structuredClone(JSON_safe(snapshotWindow(store))));
    }
  }
  const outcomes = new Map<number, Outcome[]>(arrivals.map((a) => [a.group, []]));
  for (const view of [...latest.values()].sort((a, b) => a.openedAt - b.openedAt)) {
    if (view.state === 'merged') continue;
    const { openedAt, firstSeen, lastSeen, closedAt, value, peak, expected, events } = view;
    outcomes.get(view.groupLo)!.push({ openedAt, firstSeen, lastSeen, closedAt, value, peak, expected, events });
    expect(view.evidence.length).toBe(Math.min(events, 100));
    expect(new Set(view.evidence.map((e) => e.origin)).size).toBe(view.evidence.length);
    for (const { time, origin } of view.evidence) expect(arrivals[origin].time).toBe(time);
  }
  return outcomes;
}

/** To where time moves on after each batch: for a group without events by up to 100 ms, as its time is kept by the second; 0: nowhere. */
export const marksArb = fc
  .array(fc.option(fc.nat(100)), { minLength: 60, maxLength: 60 })
  .map((all) => all.map((passed, i) => (passed === null ? 0 : (i + 2) * 1000 + passed)));

/**
 * The same arrivals, recorded one after the other, each so long after the one before. None of a group is of a moment of which
 * another was: an alert of a group that began anew could bear the name of one that it had before.
 */
export const recordedAfter = (arrivals: readonly Arrival[], gapsMs: readonly number[]): Arrival[] => {
  let recordedAt = recordedMs;
  const once = new Map(arrivals.map((arrival) => [`${arrival.group} ${arrival.time}`, arrival]));
  return [...once.values()].map((arrival, i) => ({ ...arrival, recordedAt: (recordedAt += gapsMs[i]) }));
};

/** Gaps between recordings, some of which are longer than groups are remembered that no window needs. */
export const gapsArb = fc.array(fc.constantFrom(0, 0, 0, 7, 30_000, 59_000, 70_000, 500_000), {
  minLength: 60,
  maxLength: 60,
});

/** As far as it does not hang on how far time moved on without a group. */
export const withoutEnds = (found: ReadonlyMap<number, Outcome[]>) =>
  [...found].map(([group, all]) => [group, all.map(({ closedAt: _, ...outcome }) => outcome)]);

/** What a snapshot goes through on disk: episodes become JSON. */
function JSON_safe(snapshot: ReturnType<typeof snapshotWindow>): ReturnType<typeof snapshotWindow> {
  return { ...snapshot, episodes: JSON.parse(JSON.stringify(snapshot.episodes)) };
}
