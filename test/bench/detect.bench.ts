/**
 * Detection in memory, one core: match and window with the shipped rules, and windows alone by the number of keys.
 *
 *   npm run build && node dist/test/bench/detect.bench.js [EVENTS]
 *
 * Prints events per CPU-second, bytes per key and peak memory. What makes the events is not counted.
 */
import { type WindowHits, WindowStore } from '#libs/windows';
import { accessLog } from './access-log.js';
import { cpuOf, runDetection, runDetectionOfPacked } from './detection-run.js';
import { thousands } from './measure.js';

const total = Number(process.argv[2] ?? 1_000_000);
const peak = (): string => `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`;

function detection(name: string, countIntake: boolean): void {
  const run = countIntake ? runDetection : runDetectionOfPacked;
  const { hits, intakeSeconds, matchSeconds, windowSeconds } = run(accessLog(total));
  const cpu = matchSeconds + windowSeconds + (countIntake ? intakeSeconds : 0);
  const each = (hits / total).toFixed(1);
  console.log(`${name}: ${thousands(total / cpu)} events per CPU-second (${each} hits each), ${peak()}`);
}

/** One rule over random keys, 10,000 events a second of event time. */
function windowsAlone(keys: number): void {
  const store = new WindowStore({
    kind: 'count',
    timespanMs: 60_000,
    latenessMs: 60_000,
    quietMs: 60_000,
    threshold: 1_000_000,
    groupsMax: 10_000_000,
    eventsPerGroupMax: 1 << 22,
  });
  const count = 10_000;
  const rounds = Math.ceil(Math.max(total, 4 * keys) / count);
  let cpu = 0;
  for (let round = 0; round < rounds; round++) {
    const key = () => (Math.random() * keys) >>> 0;
    const picked = Array.from({ length: count }, key);
    const hits: WindowHits = {
      count,
      groupLo: Int32Array.from(picked, (k) => Math.imul(k + 1, 2654435761)),
      groupHi: Int32Array.from(picked, (k) => k),
      times: Float64Array.from(picked, (_, i) => round * 1000 + i / 10),
      recordedAt: new Float64Array(count).fill(round * 1000),
      origins: Float64Array.from(picked, (_, i) => round * count + i),
      values: new Float64Array(count),
    };
    const [, seconds] = cpuOf(() => {
      store.add(hits);
      store.settle();
      store.advance(round * 1000, round * 1000);
    });
    cpu += seconds;
  }
  const perKey = (store.bytes.groups / store.groups.size).toFixed(0);
  const rate = thousands((rounds * count) / cpu);
  console.log(
    `windows, ${thousands(keys)} keys: ${rate} events per CPU-second, ${perKey} bytes a key beside its events`,
  );
}

detection('structured events, match and window', false);
detection('nginx lines, parse, match and window', true);
for (const keys of [1_000, 100_000, 1_000_000]) windowsAlone(keys);
console.log(peak());
