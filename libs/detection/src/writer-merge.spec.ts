import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOfRecords, type LogRecord } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { type Source } from './match-batch.js';
import { Matcher } from './matcher.js';
import { planRules } from './plan.js';
import { WindowPartition } from './window-partition.js';
import { decodeSnapshot, encodeSnapshot } from './window-snapshot.js';

const rules = `title: Failed
id: 7a2837d2-27e5-415b-a1b2-df5dc8ad2f2e
name: failed
logsource: { product: weir, service: login }
detection: { selection: { outcome: failure }, condition: selection }
---
title: Guessing
id: 44c6be88-d697-4c9c-a697-ae43479d3249
name: guessing
correlation: { type: event_count, rules: [failed], group-by: [user], timespan: 10s, condition: { gte: 3 } }
---
title: Guessing at a host
name: guessing-at
correlation: { type: event_count, rules: [failed], group-by: [user, host], timespan: 5s, condition: { gte: 2 } }
---
title: Guessing at two hosts
id: 0d2e1c5e-1a1c-4d69-8d55-0c7d1b7d7b0d
name: roaming
correlation: { type: value_count, rules: [guessing-at], group-by: [user], timespan: 20s, condition: { gte: 2, field: host } }
`;
// No lateness at all: only the order of recording can make many writers agree with one.
const plan = planRules(compileRules([{ file: 'r.yml', text: rules }]), { latenessMs: 0, groupsMax: 1000 });
const limits = { partitions: 1, groupsMax: 1000, dedupeHorizonMs: 600_000, identitiesMax: 1000 };
const partitions = 4;
const start = Date.UTC(2026, 0, 1);

interface Login {
  partition: number;
  user: number;
  host: number;
  /** Seconds of event time since the login before, in the order of recording: mostly on, at times far back. */
  passed: number;
}

interface Recorded {
  partition: number;
  offset: number;
  recordedAt: number;
  time: number;
  value: Buffer;
}

function recorded(logins: readonly Login[]): Recorded[] {
  const next = new Array<number>(partitions).fill(0);
  let second = 100;
  return logins.map(({ partition, user, host, passed }, i) => {
    second += passed;
    const time = start + second * 1000;
    const event = {
      specversion: '1.0',
      id: `${i}`,
      source: 's',
      type: 'login',
      time: new Date(time).toISOString(),
      data: { outcome: 'failure', user: `user ${user}`, host: `host ${host}` },
    };
    const value = Buffer.from(JSON.stringify(event));
    // Slower than a bucket of the merge, so that order within a bucket does not hide behind event time.
    return { partition, offset: next[partition]++, recordedAt: start + i * 40, time, value };
  });
}

/** One process: which partitions it reads, and how far it has come. */
class Writer {
  private readonly matcher = new Matcher(plan, limits);
  private at = 0;
  private readonly mine: Recorded[];

  constructor(
    all: readonly Recorded[],
    private readonly owned: readonly number[],
    alone: boolean,
  ) {
    this.mine = all.filter(({ partition }) => owned.includes(partition));
    const sources = (list: readonly number[]): Source[] => list.map((partition) => ['login', partition]);
    const others = Array.from({ length: partitions }, (_, p) => p).filter((p) => !owned.includes(p));
    this.matcher.share(sources(owned), alone ? null : sources(others));
  }

  get isDone(): boolean {
    return this.at === this.mine.length;
  }

  /** The next few events, in the order of recording over all partitions that it reads. */
  step(events: number): LogRecord[] {
    const taken = this.mine.slice(this.at, this.at + events);
    this.at += taken.length;
    const batches = this.owned.flatMap((partition) => {
      const records = taken.filter((each) => each.partition === partition);
      return records.length > 0 ? [batchOfRecords('login', partition, records[0].offset, records)] : [];
    });
    return batches.length > 0 ? this.matcher.match(batches, 0).matches : [];
  }

  /** It has nothing left to read, says so, and time goes on. */
  finish(): LogRecord[] {
    this.matcher.caughtUp(start + 1e9);
    return this.matcher.marks(start + 1e9);
  }
}

/** The alerts in the end, by the log of what the writers wrote; with a snapshot and a restart wherever `restarts` says so. */
function alertsOf(records: readonly LogRecord[], restarts: ReadonlySet<number>): unknown[] {
  let windows = new WindowPartition(0, plan, limits);
  const latest = new Map<string, unknown>();
  for (const [i, record] of records.entries()) {
    for (const { view } of windows.apply(
      batchOfRecords('m', 0, windows.position, [{ ...record, recordedAt: start }]),
    )) {
      const { groupLo, anchor, state, openedAt, firstSeen, lastSeen, closedAt, value, peak, events } = view;
      const outcome = { groupLo, state, openedAt, firstSeen, lastSeen, closedAt, value, peak, events };
      latest.set(`${groupLo}/${anchor}`, outcome);
    }
    if (!restarts.has(i)) continue;
    const restored = new WindowPartition(0, plan, limits);
    expect(decodeSnapshot(Buffer.concat(encodeSnapshot(windows)), restored, plan, [])).toBe(true);
    windows = restored;
  }
  expect(windows.merge.heldCount).toBe(0);
  return [...latest.values()].map((outcome) => JSON.stringify(outcome)).sort();
}

const loginArb = fc.record({
  partition: fc.nat(partitions - 1),
  user: fc.nat(2),
  host: fc.nat(1),
  passed: fc.constantFrom(0, 1, 1, 2, 3, 60, -200),
});

describe('several writers', () => {
  it('are counted as one would be, whichever of them is ahead', () => {
    fc.assert(
      fc.property(
        fc.array(loginArb, { maxLength: 80 }),
        fc.array(fc.nat(2), { minLength: partitions, maxLength: partitions }),
        fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 8 })), { maxLength: 60 }),
        fc.uniqueArray(fc.nat(100), { maxLength: 4 }),
        (logins, owners, turns, restarts) => {
          const all = recorded(logins);
          const one = new Writer(all, [0, 1, 2, 3], true);
          const alone: LogRecord[] = [];
          while (!one.isDone) alone.push(...one.step(1));
          alone.push(...one.finish());
          const writers = [0, 1, 2].map((w) => {
            const owned = owners.flatMap((owner, partition) => (owner === w ? [partition] : []));
            return new Writer(all, owned, false);
          });
          const together = turns.flatMap(([w, events]) => writers[w].step(events));
          for (const writer of writers) while (!writer.isDone) together.push(...writer.step(5));
          for (const writer of writers) together.push(...writer.finish());
          expect(alertsOf(together, new Set(restarts))).toEqual(alertsOf(alone, new Set()));
        },
      ),
      { numRuns: 1500 },
    );
  });
});
