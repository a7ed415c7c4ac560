import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EpisodeView,
  restoreWindow,
  snapshotWindow,
  type WindowHits,
  type WindowSpec,
  WindowStore,
} from './index.js';

interface Arrival {
  group: number;
  time: number;
  /** What it brings: several values are several entries of one event. */
  values: number[];
}

type Outcome = Pick<EpisodeView, 'openedAt' | 'firstSeen' | 'lastSeen' | 'closedAt' | 'value' | 'peak' | 'events'>;

const specOf = (over: Partial<WindowSpec> = {}): WindowSpec => ({
  kind: 'count',
  timespanMs: 10,
  latenessMs: 5,
  quietMs: 10,
  threshold: 3,
  groupsMax: 1000,
  eventsPerGroupMax: 1 << 16,
  ...over,
});

/** Recounts every window of every group from all its events. Knows nothing of order, batches or state. */
function bruteForce(spec: WindowSpec, arrivals: readonly Arrival[]): Map<number, Outcome[]> {
  const accepted = new Map<number, Arrival[]>();
  for (const arrival of arrivals) {
    const events = accepted.get(arrival.group) ?? [];
    const newest = Math.max(...events.map((e) => e.time));
    if (events.length > 0 && arrival.time < newest - spec.timespanMs - spec.latenessMs) continue;
    accepted.set(arrival.group, [...events, arrival]);
  }
  return new Map([...accepted].map(([group, events]) => [group, outcomesOf(spec, events)]));
}

function outcomesOf(spec: WindowSpec, events: Arrival[]): Outcome[] {
  const measure = (t: number) => {
    const held = events.filter((e) => e.time > t - spec.timespanMs && e.time <= t);
    return spec.kind === 'count' ? held.length : new Set(held.flatMap((e) => e.values)).size;
  };
  const measureFrozen = (upTo: number, t: number) => {
    const held = events.filter((e) => e.time > t - spec.timespanMs && e.time <= upTo);
    return spec.kind === 'count' ? held.length : new Set(held.flatMap((e) => e.values)).size;
  };
  const times = [...new Set(events.map((e) => e.time))].sort((a, b) => a - b);
  const fires = times
    .filter((t) => measure(t) >= spec.threshold)
    .map((t) => {
      let until = t;
      while (measureFrozen(t, until) >= spec.threshold) until++;
      return { from: t, until, observed: measure(t) };
    });
  const episodes: (typeof fires)[] = [];
  for (const fire of fires) {
    const last = episodes.at(-1);
    if (last && fire.from < Math.max(...last.map((f) => f.until)) + spec.quietMs) last.push(fire);
    else episodes.push([fire]);
  }
  const newest = times.at(-1)!;
  return episodes.map((fires) => {
    const end = Math.max(...fires.map((f) => f.until)) + spec.quietMs;
    const openedAt = fires[0].from;
    const firstSeen = times.find((t) => t > openedAt - spec.timespanMs)!;
    const within = events.filter((e) => e.time >= firstSeen && e.time < end);
    return {
      openedAt,
      firstSeen,
      lastSeen: Math.max(...within.map((e) => e.time)),
      closedAt: newest >= end ? end : null,
      value: fires.at(-1)!.observed,
      peak: Math.max(...fires.map((f) => f.observed)),
      events: within.length,
    };
  });
}

interface Entry {
  group: number;
  time: number;
  origin: number;
  value?: number;
}

const hitsOf = (entries: readonly Entry[]): WindowHits => ({
  count: entries.length,
  groupLo: Int32Array.from(entries, ({ group }) => group),
  groupHi: new Int32Array(entries.length).fill(7),
  times: Float64Array.from(entries, ({ time }) => time),
  recordedAt: new Float64Array(entries.length).fill(Number.POSITIVE_INFINITY),
  origins: Float64Array.from(entries, ({ origin }) => origin),
  values: Float64Array.from(entries, ({ value = 0 }) => value),
});

function changedAfter(store: WindowStore, markMs = 0, recordedMs = 0): EpisodeView[] {
  store.settle();
  if (markMs > 0) store.advance(markMs, recordedMs);
  return store.takeChanged();
}

/** Feeds arrivals in batches, with a snapshot and restore wherever `cuts` says so. */
function run(spec: WindowSpec, arrivals: readonly Arrival[], batch: number, restoreEvery = 0): Map<number, Outcome[]> {
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
    const entries = arrivals.slice(at, at + batch).flatMap(({ group, time, values }, i) => {
      const counted = spec.kind === 'count' ? [0] : values;
      return counted.map((value) => ({ group, time, origin: at + i, value }));
    });
    store.add(hitsOf(entries), 50_000_000);
    publish(changedAfter(store));
    if (restoreEvery > 0 && (at / batch) % restoreEvery === 0) {
      store = restoreWindow(spec, structuredClone(JSON_safe(snapshotWindow(store))));
    }
  }
  const outcomes = new Map<number, Outcome[]>(arrivals.map((a) => [a.group, []]));
  for (const view of [...latest.values()].sort((a, b) => a.openedAt - b.openedAt)) {
    if (view.state === 'merged') continue;
    const { openedAt, firstSeen, lastSeen, closedAt, value, peak, events } = view;
    outcomes.get(view.groupLo)!.push({ openedAt, firstSeen, lastSeen, closedAt, value, peak, events });
    expect(view.evidence.length).toBe(Math.min(events, 100));
    expect(new Set(view.evidence.map((e) => e.origin)).size).toBe(view.evidence.length);
    for (const { time, origin } of view.evidence) expect(arrivals[origin].time).toBe(time);
  }
  return outcomes;
}

/** What a snapshot goes through on disk: episodes become JSON. */
function JSON_safe(snapshot: ReturnType<typeof snapshotWindow>): ReturnType<typeof snapshotWindow> {
  return { ...snapshot, episodes: JSON.parse(JSON.stringify(snapshot.episodes)) };
}

const arrivalsArb = (groups: number, span: number) =>
  fc.array(
    fc.record({
      group: fc.integer({ min: 0, max: groups - 1 }),
      time: fc.integer({ min: 1000, max: 1000 + span }),
      values: fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 60 },
  );

const specArb = fc.record({
  kind: fc.constantFrom('count' as const, 'distinct' as const),
  timespanMs: fc.integer({ min: 1, max: 20 }),
  latenessMs: fc.integer({ min: 0, max: 20 }),
  quietMs: fc.integer({ min: 1, max: 60 }),
  threshold: fc.integer({ min: 1, max: 5 }),
});

describe('WindowStore', () => {
  it('equals a brute-force recount on any stream, whatever the batches and restores', () => {
    fc.assert(
      fc.property(
        specArb,
        fc.oneof(arrivalsArb(2, 60), arrivalsArb(2, 400), arrivalsArb(5, 100)),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 0, max: 4 }),
        (partial, arrivals, batch, restoreEvery) => {
          const spec = specOf(partial);
          expect(run(spec, arrivals, batch, restoreEvery)).toEqual(bruteForce(spec, arrivals));
        },
      ),
      { numRuns: 6000 },
    );
  });

  it('gives the same answer in any order within the lateness', () => {
    fc.assert(
      fc.property(
        specArb,
        arrivalsArb(2, 200),
        fc.array(fc.nat(1_000_000), { minLength: 60, maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        (partial, arrivals, jitters, batch) => {
          const spec = specOf({ ...partial, latenessMs: 20 });
          const inOrder = [...arrivals].sort((a, b) => a.time - b.time);
          const shuffled = inOrder
            .map((arrival, i) => ({ arrival, at: arrival.time + (jitters[i] % 20) }))
            .sort((a, b) => a.at - b.at)
            .map(({ arrival }) => arrival);
          expect(run(spec, shuffled, batch)).toEqual(run(spec, inOrder, 60));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('fires on the half-open window: an event exactly one timespan old is out', () => {
    const spec = specOf({ threshold: 2 });
    const at = (times: number[]) =>
      run(
        spec,
        times.map((time) => ({ group: 0, time, values: [0] })),
        9,
      ).get(0);
    expect(at([100, 110])).toEqual([]);
    expect(at([100, 109])).toHaveLength(1);
  });

  it('closes when marks say that a group stayed quiet, and opens the same episode again for a late event', () => {
    const store = new WindowStore(specOf({ threshold: 2, timespanMs: 2000, quietMs: 3000, latenessMs: 10_000 }));
    store.add(
      hitsOf([
        { group: 1, time: 1_000_000, origin: 1 },
        { group: 1, time: 1_000_500, origin: 2 },
      ]),
      50_000_000,
    );
    expect(changedAfter(store)).toMatchObject([{ state: 'open', openedAt: 1_000_500, closedAt: null }]);
    expect(changedAfter(store, 1_004_000, 50_004_000)).toEqual([]);
    expect(changedAfter(store, 1_009_000, 50_009_000)).toMatchObject([{ state: 'closed', closedAt: 1_005_000 }]);
    store.add(hitsOf([{ group: 1, time: 1_000_400, origin: 3 }]), 50_000_000);
    expect(changedAfter(store)).toMatchObject([{ anchor: 1_000_500, openedAt: 1_000_400, events: 3 }]);
  });

  it('lets idle groups leave, but not before they were silent by the log’s own clock', () => {
    const store = new WindowStore(specOf());
    store.add(hitsOf([{ group: 1, time: 1_000_000, origin: 1 }]), 50_000_000);
    store.advance(9_000_000, 50_010_000);
    expect(store.groups.size).toBe(1);
    store.advance(9_000_000, 50_070_000);
    expect(store.groups.size).toBe(0);
    expect(store.counters.evictedGroups).toBe(0);
  });

  it('stays within its caps when keys are invented, counts what went, and keeps groups with an open alert', () => {
    const store = new WindowStore(specOf({ groupsMax: 100, threshold: 2 }));
    const alerting = [1, 2].map((origin) => ({ group: 1, time: 1000, origin }));
    const invented = Array.from({ length: 10_000 }, (_, i) => ({ group: 1000 + i, time: 1001, origin: 10 + i }));
    store.add(hitsOf([...alerting, ...invented]), 50_000_000);
    store.settle();
    expect(store.groups.size).toBe(100);
    expect(store.counters.evictedGroups).toBe(9901);
    expect(store.groups.find(1, 7)).toBeGreaterThanOrEqual(0);
  });

  it('counts what one group’s limit pushes out', () => {
    const store = new WindowStore(specOf({ eventsPerGroupMax: 64, threshold: 3 }));
    store.add(hitsOf(Array.from({ length: 1000 }, (_, origin) => ({ group: 1, time: 1000, origin }))), 50_000_000);
    const [view] = changedAfter(store);
    expect(store.counters.truncatedEvents).toBeGreaterThan(800);
    expect(view.events).toBe(1000);
  });
});
