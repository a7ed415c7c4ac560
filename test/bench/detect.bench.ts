/**
 * Detection in memory, one core: match and window with the shipped rules, and windows alone by the number of keys.
 *
 *   npm run build && node dist/test/bench/detect.bench.js [EVENTS]
 *
 * Prints events per CPU-second, bytes per key and peak memory. What makes the events is not counted.
 */
import { globSync, readFileSync } from 'node:fs';
import { Matcher, planRules, WindowPartition } from '#libs/detection';
import { batchOfRecords, partitionOf, type RecordBatch } from '#libs/log';
import { type LineParser, parsers, positionId } from '#libs/parsers';
import { compileRules } from '#libs/sigma';
import { type WindowHits, WindowStore } from '#libs/windows';
import { accessLog } from './access-log.js';

const total = Number(process.argv[2] ?? 1_000_000);
const partitions = 16;
const batchEvents = 8192;
const rules = compileRules(globSync('rules/**/*.yml').map((file) => ({ file, text: readFileSync(file, 'utf8') })));
const plan = planRules(rules, { latenessMs: 60_000, groupsMax: 1_000_000 });
const traffic = accessLog(total);
const nginx = parsers.get('nginx') as LineParser;

/** CPU time that `work` takes, in seconds. */
function cpuOf<T>(work: () => T): [result: T, seconds: number] {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1e6];
}

const thousands = (n: number): string => Math.round(n).toLocaleString('en-US');
const peak = (): string => `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`;

function fileChunk(from: number): Buffer {
  let text = '';
  for (let i = from; i < Math.min(from + batchEvents, total); i++) text += `${traffic.line(i)}\n`;
  return Buffer.from(text);
}

/** What ingest and the log make of a chunk of an access log: a batch per partition. */
class Intake {
  private readonly nextOffsets = new Array<number>(partitions).fill(0);
  private readonly parse = nginx.open({ source: 'bench', id: positionId, receivedAt: 0 });

  batches(chunk: Buffer, position: number): RecordBatch[] {
    const records: { time: number; value: Buffer; recordedAt: number }[][] = [];
    for (const { start, end } of nginx.split(chunk)) {
      const outcome = this.parse(chunk.subarray(start, end), position + start);
      if (outcome.kind !== 'events') continue;
      for (const { key, timeMs, value } of outcome.events) {
        const list = (records[partitionOf(Buffer.from(key), partitions)] ??= []);
        list.push({ time: timeMs, value, recordedAt: position });
      }
    }
    return records.flatMap((list, p) => {
      const base = this.nextOffsets[p];
      this.nextOffsets[p] += list.length;
      return [batchOfRecords('api.call', p, base, list)];
    });
  }
}

function detection(name: string, countIntake: boolean): void {
  const matcher = new Matcher(plan, { partitions, dedupeHorizonMs: 600_000, identitiesMax: 500_000 });
  const limits = { groupsMax: 1_000_000, partitions };
  const windows = Array.from({ length: partitions }, (_, p) => new WindowPartition(p, plan, limits));
  const intake = new Intake();
  let cpu = 0;
  for (let from = 0, position = 0; from < total; from += batchEvents) {
    const chunk = fileChunk(from);
    const [batches, intakeSeconds] = cpuOf(() => intake.batches(chunk, position));
    const [, detectSeconds] = cpuOf(() => {
      for (const { partition = 0, time, value } of matcher.match(batches, 0).matches) {
        const into = windows[partition];
        into.apply(batchOfRecords('', partition, into.position, [{ time, value, recordedAt: position }]));
      }
    });
    position += chunk.length;
    cpu += detectSeconds + (countIntake ? intakeSeconds : 0);
  }
  const hits = (matcher.hits.counters.written / total).toFixed(1);
  console.log(`${name}: ${thousands(total / cpu)} events per CPU-second (${hits} hits each), ${peak()}`);
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
      store.add(hits, round * 1000);
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
