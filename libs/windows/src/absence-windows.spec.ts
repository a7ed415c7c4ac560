import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absences } from '../testing/models.js';
import { type Arrival, bruteForceOf, changedAfter, hitsOf, outcomesOf, run } from '../testing/streams.js';
import { type EpisodeView, restoreWindow, snapshotWindow, type WindowSpec, WindowStore } from './index.js';

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

  it('equals a recount where marks stand between the events of several partitions', () => {
    // Each partition has its events in the order of their times, or disturbed within the lateness; others run ahead.
    const stepArb = fc.record({ jitter: fc.nat(20), marks: fc.boolean(), cut: fc.boolean() });
    fc.assert(
      fc.property(
        timesArb,
        streamArb,
        fc.array(stepArb, { minLength: 50, maxLength: 50 }),
        fc.array(fc.nat(1000), { minLength: 2, maxLength: 2 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (times, arrivals, steps, delays, batch, isInTime) => {
          const [timespanMs, latenessMs, quietMs] = [times.timespanMs, 20, times.quietMs].map((s) => s * 1000);
          const spec = specOf({ timespanMs, latenessMs, quietMs });
          const arrived = arrivals
            .map(({ time, ...arrival }, i) => ({ ...arrival, time: time * 1000, step: steps[i] }))
            .sort((a, b) => a.time - b.time)
            .map((arrival) => {
              const { time, group, step } = arrival;
              return { ...arrival, at: time + (isInTime ? step.jitter : delays[group]) * 1000 };
            })
            .sort((a, b) => a.at - b.at);
          const found = withMarks(spec, arrived, batch);
          expect(found).toEqual(inTheEndSilent(spec, arrived));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('is seen when time passes, ends when the group comes back, and is over after quiet', () => {
    const store = new WindowStore(specOf({ timespanMs: 5000, latenessMs: 10_000, quietMs: 3000 }));
    const at = (time: number, origin: number) => store.add(hitsOf([{ group: 1, time, origin }]));
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

  it('begins after the newest event, however far time had moved on before that came', () => {
    const store = new WindowStore(specOf({ timespanMs: 5000, latenessMs: 10_000, quietMs: 3000 }));
    const at = (time: number, origin: number) => store.add(hitsOf([{ group: 1, time, origin }]));
    at(1_000_000, 1);
    const [{ anchor }] = changedAfter(store, 1_200_000);
    at(1_001_000, 2);
    at(1_002_000, 3);
    expect(changedAfter(store)).toMatchObject([{ anchor, state: 'merged', mergedInto: null }]);
    expect(changedAfter(store, 1_400_000, 50_000_000)).toMatchObject([
      { state: 'open', openedAt: 1_007_000, firstSeen: 1_002_000, events: 1 },
    ]);
  });

  it('goes on as one alert when the next silence is seen only after time had moved on', () => {
    const store = new WindowStore(specOf({ timespanMs: 5000, latenessMs: 10_000, quietMs: 8000 }));
    const at = (time: number, origin: number) => store.add(hitsOf([{ group: 1, time, origin }]));
    at(1_000_000, 1);
    at(1_010_000, 2);
    const [{ anchor }] = changedAfter(store);
    expect(changedAfter(store, 1_400_000, 50_000_000)).toMatchObject([{ anchor, state: 'open', openedAt: 1_005_000 }]);
  });

  it('is withdrawn when an event turns up that had been on its way', () => {
    const store = new WindowStore(specOf({ timespanMs: 5000, latenessMs: 10_000, quietMs: 3000 }));
    const at = (time: number, origin: number) => store.add(hitsOf([{ group: 1, time, origin }]));
    at(1_000_000, 1);
    at(1_008_000, 2);
    const [{ anchor }] = changedAfter(store);
    at(1_004_000, 3);
    expect(changedAfter(store)).toMatchObject([{ anchor, state: 'merged', mergedInto: null }]);
  });
});

interface Step {
  marks: boolean;
  cut: boolean;
}

/** Feeds arrivals, marks of the time that is read `at` and snapshots between them; in the end time passes for all. */
function withMarks(spec: WindowSpec, arrivals: readonly (Arrival & { at: number; step: Step })[], batch: number) {
  let store = new WindowStore(spec);
  const latest = new Map<string, EpisodeView>();
  const publish = (views: EpisodeView[]) => {
    for (const view of views) latest.set(`${view.groupLo}/${view.anchor}`, view);
  };
  for (let at = 0; at < arrivals.length; at += batch) {
    const entries = arrivals.slice(at, at + batch).map(({ group, time }, i) => ({ group, time, origin: at + i }));
    store.add(hitsOf(entries));
    publish(changedAfter(store));
    const { step, at: readAt } = arrivals[Math.min(at + batch, arrivals.length) - 1];
    if (step.marks) publish(changedAfter(store, readAt, 50_000_000));
    if (step.cut) store = restoreWindow(spec, structuredClone(snapshotWindow(store)));
  }
  publish(changedAfter(store, 50_000_000, 50_000_000));
  const outcomes = new Map<number, object[]>(arrivals.map(({ group }) => [group, []]));
  for (const view of [...latest.values()].sort((a, b) => a.openedAt - b.openedAt)) {
    const { state, openedAt, firstSeen, lastSeen, events, evidence } = view;
    if (state === 'merged') continue;
    expect(evidence.every(({ time }) => time >= firstSeen)).toBe(true);
    outcomes.get(view.groupLo)!.push({ state, openedAt, firstSeen, lastSeen, events });
  }
  return outcomes;
}

/** Absence where nothing comes any more: each group is silent from its newest event on. */
function inTheEndSilent(spec: WindowSpec, arrivals: readonly Arrival[]) {
  const outcomes = bruteForceOf(spec, arrivals, (events) => {
    const times = [...new Set(events.map(({ time }) => time))].sort((a, b) => a - b);
    const silences = times.flatMap((time, i) => {
      const held = { from: time + spec.timespanMs, until: times[i + 1] ?? Number.POSITIVE_INFINITY };
      return held.until > held.from ? [{ ...held, observed: 0, expected: null }] : [];
    });
    return outcomesOf(spec, events, silences);
  });
  return new Map(
    [...outcomes].map(([group, all]) => {
      const said = all.map(({ openedAt, firstSeen, lastSeen, events }, i) => {
        return { state: i === all.length - 1 ? 'open' : 'closed', openedAt, firstSeen, lastSeen, events };
      });
      return [group, said];
    }),
  );
}
