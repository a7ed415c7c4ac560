/**
 * Windows of every type alone, one core: one rule over random keys, 10,000 events a second of event time, nothing alerts.
 *
 *   npm run build && node dist/test/bench/windows.bench.js [EVENTS] [KEYS]
 *
 * Prints events per CPU-second, and the heap and buffers that a key takes with its events and what is remembered of it.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type MeasureSpec, type WindowHits, type WindowRule, WindowStore } from '#libs/windows';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const total = Number(process.argv[2] ?? 1_000_000);
const keys = Number(process.argv[3] ?? 100_000);
const batchEvents = 10_000;
const times = { timespanMs: 60_000, latenessMs: 60_000, quietMs: 60_000 };
const never = { gt: 1e12 };

const measured = (measure: MeasureSpec): WindowRule => ({ ...times, kind: 'measured', measure });
/** Rules that never fire, with how many different values their events bring. */
const rules: [name: string, rule: WindowRule, values: number][] = [
  ['event_count', { ...times, kind: 'count', threshold: 1e6 }, 1],
  ['value_count', { ...times, kind: 'distinct', threshold: 1e6 }, 1000],
  ['event_count, a range', measured({ kind: 'count', limits: never }), 1],
  ['value_sum', measured({ kind: 'sum', limits: never }), 1000],
  ['value_avg', measured({ kind: 'average', limits: never }), 1000],
  ['value_median', measured({ kind: 'percentile', percentile: 'median', limits: never }), 1000],
  ['value_percentile', measured({ kind: 'percentile', percentile: 95, limits: never }), 1000],
  ['temporal', { ...times, kind: 'distinct', threshold: 4 }, 3],
  ['temporal_ordered', measured({ kind: 'ordered', inputs: 3, limits: never }), 3],
  ['first_seen', measured({ kind: 'first-seen', historyMs: 86_400_000, limits: never }), 100],
  ['ratio, two windows', measured({ kind: 'ratio', windowsMs: [10_000, 60_000], minimum: 1, limits: never }), 2],
  [
    'spike',
    measured({
      kind: 'spike',
      of: { kind: 'count' },
      baselineMs: 3_600_000,
      factor: 100,
      deviations: null,
      minimum: 1e6,
    }),
    1,
  ],
  ['anomaly', measured({ kind: 'anomaly', deviations: 1e6, minimum: 30 }), 1000],
  ['absence', { ...times, timespanMs: 3_600_000, kind: 'absence' }, 1],
];

function held(): number {
  // What buffers leave behind is swept beside the program.
  for (let i = 0; i < 4; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function measure(name: string, rule: WindowRule, values: number): void {
  const before = held();
  const store = new WindowStore({ ...rule, groupsMax: 10_000_000, eventsPerGroupMax: 1 << 22 });
  const rounds = Math.ceil(total / batchEvents);
  let cpu = 0;
  for (let round = 0; round < rounds; round++) {
    const picked = Array.from({ length: batchEvents }, () => (Math.random() * keys) >>> 0);
    const hits: WindowHits = {
      count: batchEvents,
      groupLo: Int32Array.from(picked, (k) => Math.imul(k + 1, 2654435761)),
      groupHi: Int32Array.from(picked, (k) => k),
      times: Float64Array.from(picked, (_, i) => round * 1000 + i / 10),
      recordedAt: new Float64Array(batchEvents).fill(round * 1000),
      origins: Float64Array.from(picked, (_, i) => round * batchEvents + i),
      values: Float64Array.from(picked, () => (Math.random() * values) >>> 0),
    };
    const start = process.cpuUsage();
    store.add(hits);
    store.settle();
    store.advance(round * 1000, round * 1000);
    const { user, system } = process.cpuUsage(start);
    cpu += (user + system) / 1e6;
  }
  const bytes = (held() - before) / store.groups.size;
  const rate = Math.round((rounds * batchEvents) / cpu).toLocaleString('en-US');
  console.log(`${name}: ${rate} events per CPU-second, ${Math.round(bytes).toLocaleString('en-US')} bytes a key`);
}

console.log(`${keys.toLocaleString('en-US')} keys:`);
for (const [name, rule, values] of rules) measure(name, rule, values);
