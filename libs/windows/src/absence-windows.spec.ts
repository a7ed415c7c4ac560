import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absences } from '../testing/models.js';
import { changedAfter, hitsOf, run } from '../testing/streams.js';
import { type WindowSpec, WindowStore } from './index.js';

const specOf = (times: { timespanMs: number; latenessMs: number; quietMs: number }): WindowSpec => ({
  kind: 'absence',
  ...times,
  groupsMax: 1000,
  eventsPerGroupMax: 1 << 16,
});

const timesArb = fc.record({
  timespanMs: fc.integer({ min: 1, max: 20 }),
  latenessMs: fc.integer({ min: 0, max: 20 }),
  quietMs: fc.integer({ min: 1, max: 60 }),
});
const arrivalsArb = (span: number) =>
  fc.array(
    fc.record({
      group: fc.integer({ min: 0, max: 1 }),
      time: fc.integer({ min: 1000, max: 1000 + span }),
      values: fc.constant<number[]>([0]),
    }),
    { maxLength: 50 },
  );
const streamArb = fc.oneof(arrivalsArb(60), arrivalsArb(400), arrivalsArb(900));

describe('absence', () => {
  it('equals a brute-force recount on any stream, whatever the batches and restores', () => {
    const batch = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        timesArb,
        streamArb,
        batch,
        fc.integer({ min: 0, max: 4 }),
        (times, arrivals, batch, restoreEvery) => {
          const spec = specOf(times);
          expect(run(spec, arrivals, batch, restoreEvery)).toEqual(absences(spec, arrivals));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('gives the same answer in any order within the lateness', () => {
    const jittersArb = fc.array(fc.nat(19), { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(
        timesArb,
        streamArb,
        jittersArb,
        fc.integer({ min: 1, max: 10 }),
        (times, arrivals, jitters, batch) => {
          const spec = specOf({ ...times, latenessMs: 20 });
          const inOrder = [...arrivals].sort((a, b) => a.time - b.time);
          const shuffled = inOrder
            .map((arrival, i) => ({ arrival, at: arrival.time + jitters[i] }))
            .sort((a, b) => a.at - b.at)
            .map(({ arrival }) => arrival);
          expect(run(spec, shuffled, batch)).toEqual(run(spec, inOrder, 60));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is seen when time passes, ends when the group comes back, and is over after quiet', () => {
    const store = new WindowStore(specOf({ timespanMs: 5000, latenessMs: 10_000, quietMs: 3000 }));
    const at = (time: number, origin: number) => store.add(hitsOf([{ group: 1, time, origin }]), 50_000_000);
    at(1_000_000, 1);
    expect(changedAfter(store, 1_014_000, 50_000_000)).toEqual([]);
    const opened = { state: 'open', openedAt: 1_005_000, firstSeen: 1_000_000, closedAt: null, events: 1 };
    expect(changedAfter(store, 1_017_000, 50_001_000)).toMatchObject([opened]);
    expect(changedAfter(store, 9_000_000, 50_200_000)).toEqual([]);
    at(9_000_100, 2);
    expect(changedAfter(store)).toMatchObject([{ state: 'open', events: 2 }]);
    at(9_003_500, 3);
    expect(changedAfter(store)).toMatchObject([{ state: 'closed', closedAt: 9_003_100, events: 2 }]);
  });

  it('is withdrawn when an event turns up that had been on its way', () => {
    const store = new WindowStore(specOf({ timespanMs: 5000, latenessMs: 10_000, quietMs: 3000 }));
    const at = (time: number, origin: number) => store.add(hitsOf([{ group: 1, time, origin }]), 50_000_000);
    at(1_000_000, 1);
    at(1_008_000, 2);
    const [{ anchor }] = changedAfter(store);
    at(1_004_000, 3);
    expect(changedAfter(store)).toMatchObject([{ anchor, state: 'merged', mergedInto: null }]);
  });
});
