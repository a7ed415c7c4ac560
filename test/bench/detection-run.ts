import { globSync, readFileSync } from 'node:fs';
import { Matcher, planRules, WindowPartition } from '#libs/detection';
import { batchOfRecords, type LogRecord, partitionOf, type RecordBatch } from '#libs/log';
import { type LineParser, parsers, positionId } from '#libs/parsers';
import { compileRules } from '#libs/sigma';
import { type AccessLog } from './access-log.js';

export const partitions = 16;
const batchEvents = 8192;
const rules = compileRules(globSync('rules/**/*.yml').map((file) => ({ file, text: readFileSync(file, 'utf8') })));
const plan = planRules(rules, { latenessMs: 60_000, groupsMax: 1_000_000 });
const nginx = parsers.get('nginx') as LineParser;

/** CPU time that `work` takes, in seconds. */
export function cpuOf<T>(work: () => T): [result: T, seconds: number] {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1e6];
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

export interface DetectionRun {
  events: number;
  hits: number;
  /** What weir.matches gets of it, not compressed. */
  hitBytes: number;
  /** CPU seconds of each step. */
  intakeSeconds: number;
  matchSeconds: number;
  windowSeconds: number;
}

/** An access log through the shipped rules, in memory. `observe` sees what goes to weir.matches. */
export function runDetection(
  traffic: AccessLog,
  observe: (matches: readonly LogRecord[]) => void = () => {},
): DetectionRun {
  const matcher = new Matcher(plan, { partitions, dedupeHorizonMs: 600_000, identitiesMax: 500_000 });
  const limits = { groupsMax: 1_000_000, partitions };
  const windows = Array.from({ length: partitions }, (_, p) => new WindowPartition(p, plan, limits));
  const intake = new Intake();
  const run = { events: traffic.lines, hits: 0, hitBytes: 0, intakeSeconds: 0, matchSeconds: 0, windowSeconds: 0 };
  for (let from = 0, position = 0; from < traffic.lines; from += batchEvents) {
    const chunk = fileChunk(traffic, from);
    const [batches, intakeSeconds] = cpuOf(() => intake.batches(chunk, position));
    const [{ matches }, matchSeconds] = cpuOf(() => matcher.match(batches, 0));
    const [, windowSeconds] = cpuOf(() => {
      for (const { partition = 0, time, value } of matches) {
        const into = windows[partition];
        into.apply(batchOfRecords('', partition, into.position, [{ time, value, recordedAt: position }]));
      }
    });
    observe(matches);
    position += chunk.length;
    run.intakeSeconds += intakeSeconds;
    run.matchSeconds += matchSeconds;
    run.windowSeconds += windowSeconds;
    run.hitBytes += matches.reduce((sum, { value }) => sum + value.length, 0);
  }
  run.hits = matcher.hits.counters.written;
  return run;
}

function fileChunk(traffic: AccessLog, from: number): Buffer {
  let text = '';
  for (let i = from; i < Math.min(from + batchEvents, traffic.lines); i++) text += `${traffic.line(i)}\n`;
  return Buffer.from(text);
}
