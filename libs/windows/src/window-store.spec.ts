import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  bruteForce,
  type Condition,
  changedAfter,
  gapsArb,
  hitsOf,
  marksArb,
  recordedAfter,
  run,
  withoutEnds,
} from '../testing/streams.js';
import { restoreWindow, snapshotWindow, type WindowSpec, WindowStore } from './index.js';

type RisingSpec = Extract<WindowSpec, { kind: 'count' | 'distinct' }>;

const specOf = (over: Partial<RisingSpec> = {}): RisingSpec => ({
  kind: 'count',
  timespanMs: 10,
  latenessMs: 5,
  quietMs: 10,
  threshold: 3,
  groupsMax: 1000,
  eventsPerGroupMax: 1 << 16,
  ...over,
});

/** At least so many events, or different values, lie in (t − timespan, t]. */
const atLeast =
  ({ kind, timespanMs, threshold }: RisingSpec): Condition =>
  (events, upTo, t) => {
    const held = events.filter((e) => e.time > t - timespanMs && e.time <= upTo);
    const observed = kind === 'count' ? held.length : new Set(held.flatMap((e) => e.values)).size;
    return { holds: observed >= threshold, observed, expected: null };
  };

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
          expect(run(spec, arrivals, batch, restoreEvery)).toEqual(bruteForce(spec, atLeast(spec), arrivals));
        },
      ),
      { numRuns: 6000 },
    );
  });

  it('gives the same answer wherever time moves on without a group', () => {
    fc.assert(
      fc.property(
        specArb,
        fc.oneof(arrivalsArb(2, 60), arrivalsArb(2, 400), arrivalsArb(5, 100)),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 4 }),
        marksArb,
        (partial, arrivals, batch, restoreEvery, marks) => {
          const spec = specOf(partial);
          const moved = run(spec, arrivals, batch, restoreEvery, marks);
          expect(withoutEnds(moved)).toEqual(withoutEnds(run(spec, arrivals, 60)));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('begins a group anew that was silent for long, whether it had left memory by then or not', () => {
    fc.assert(
      fc.property(
        specArb,
        fc.oneof(arrivalsArb(2, 60), arrivalsArb(2, 400), arrivalsArb(5, 100)),
        gapsArb,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 4 }),
        marksArb,
        (partial, some, gaps, batch, restoreEvery, marks) => {
          const spec = specOf(partial);
          const arrivals = recordedAfter(some, gaps);
          const expected = bruteForce(spec, atLeast(spec), arrivals);
          expect(run(spec, arrivals, 60)).toEqual(expected);
          expect(withoutEnds(run(spec, arrivals, batch, restoreEvery, marks))).toEqual(withoutEnds(expected));
        },
      ),
      { numRuns: 3000 },
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
    );
    expect(changedAfter(store)).toMatchObject([{ state: 'open', openedAt: 1_000_500, closedAt: null }]);
    expect(changedAfter(store, 1_004_000)).toEqual([]);
    expect(changedAfter(store, 1_009_000)).toMatchObject([{ state: 'closed', closedAt: 1_005_000 }]);
    store.add(hitsOf([{ group: 1, time: 1_000_400, origin: 3 }]));
    expect(changedAfter(store)).toMatchObject([{ anchor: 1_000_500, openedAt: 1_000_400, events: 3 }]);
  });

  it('lets idle groups leave, but not before they were silent by the log’s own clock', () => {
    const store = new WindowStore(specOf());
    store.add(hitsOf([{ group: 1, time: 1_000_000, origin: 1 }]));
    store.advance(9_000_000, 50_060_000);
    expect(store.groups.size).toBe(1);
    store.advance(9_000_000, 50_001_000 + store.forgetMs);
    expect(store.groups.size).toBe(0);
    expect(store.counters.evictedGroups).toBe(0);
  });

  it('stays within its caps when keys are invented, counts what went, and keeps groups with an open alert', () => {
    const store = new WindowStore(specOf({ groupsMax: 100, threshold: 2 }));
    const alerting = [1, 2].map((origin) => ({ group: 1, time: 1000, origin }));
    const invented = Array.from({ length: 10_000 }, (_, i) => ({ group: 1000 + i, time: 1001, origin: 10 + i }));
    store.add(hitsOf([...alerting, ...invented]));
    store.settle();
    expect(store.groups.size).toBe(100);
    expect(store.counters.evictedGroups).toBe(9901);
    expect(store.groups.find(1, 7)).toBeGreaterThanOrEqual(0);
  });

  it('makes room where every group has an open alert, looking at a few of them', () => {
    const store = new WindowStore(specOf({ groupsMax: 5_000, threshold: 1 }));
    const looked = vi.spyOn(store.groups, 'has');
    const invented = Array.from({ length: 6_000 }, (_, i) => ({ group: i, time: 1001, origin: i }));
    store.add(hitsOf(invented));
    store.settle();
    expect(store.groups.size).toBe(5_000);
    expect(store.counters.evictedGroups).toBe(1_000);
    expect(looked.mock.calls.length).toBeLessThan(300_000);
    expect(store.takeChanged()).toHaveLength(6_000);
  });

  it('counts what one group’s limit pushes out', () => {
    const store = new WindowStore(specOf({ eventsPerGroupMax: 64, threshold: 3 }));
    store.add(hitsOf(Array.from({ length: 1000 }, (_, origin) => ({ group: 1, time: 1000, origin }))));
    const [view] = changedAfter(store);
    expect(store.counters.truncatedEvents).toBeGreaterThan(800);
    expect(view.events).toBe(1000);
  });

  it('counts events that come too late, and lets them open nothing', () => {
    const kinds = [specOf({ threshold: 2 }), specOf({ kind: 'distinct', threshold: 2 })];
    for (const spec of kinds) {
      const store = new WindowStore(spec);
      const reach = spec.timespanMs + spec.latenessMs;
      store.add(hitsOf([{ group: 1, time: 1000, origin: 1, value: 1 }]));
      const late = [1, 2, 3].map((n) => ({ group: 1, time: 1000 - reach - 1, origin: 1 + n, value: n }));
      store.add(hitsOf(late));
      // Another group's clock does not matter.
      store.add(hitsOf([{ group: 2, time: 5, origin: 9, value: 1 }]));
      expect(changedAfter(store)).toEqual([]);
      expect(store.counters).toEqual({ late: 3, evictedGroups: 0, truncatedEvents: 0 });
      // One just in time does open.
      store.add(hitsOf([2, 3].map((n) => ({ group: 1, time: 1000 - reach, origin: 9 + n, value: n }))));
      expect(changedAfter(store)).toHaveLength(1);
      expect(restoreWindow(spec, snapshotWindow(store)).counters).toEqual(store.counters);
    }
  });

  it('counts different values exactly, however many there are, while they come and go', () => {
    const store = new WindowStore(
      specOf({ kind: 'distinct', threshold: 1, timespanMs: 1000, eventsPerGroupMax: 1 << 20 }),
    );
    const values = 25_000;
    const entries = Array.from({ length: 2 * values }, (_, i) => ({
      group: 1,
      time: 1000 + Math.floor(i / 50),
      origin: i,
      // Each comes twice, the second half of them half a window later.
      value: i % values,
    }));
    store.add(hitsOf(entries));
    const [{ value, peak }] = changedAfter(store);
    const held = new Set(entries.filter(({ time }) => time > entries.at(-1)!.time - 1000).map((entry) => entry.value));
    expect([value, peak]).toEqual([held.size, values]);
  });
});
