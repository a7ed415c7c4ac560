import { closeSync, globSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Matcher, planRules, WindowPartition } from '#libs/detection';
import { batchOfRecords, type LogRecord, partitionOf, type RecordBatch } from '#libs/log';
import { type LineParser, parsers, positionId } from '#libs/parsers';
import { compileRules } from '#libs/sigma';
import { type PackedBatches, packBatches, unpackBatches } from '../../libs/log/src/port/packed.js';
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

  /** What is parsed of it, by partition. */
  records(chunk: Buffer, position: number): RecordedRecord[][] {
    const records: RecordedRecord[][] = [];
    for (const { start, end } of nginx.split(chunk)) {
      const outcome = this.parse(chunk.subarray(start, end), position + start);
      if (outcome.kind !== 'events') continue;
      for (const { key, timeMs, value } of outcome.events) {
        const list = (records[partitionOf(Buffer.from(key), partitions)] ??= []);
        list.push({ time: timeMs, value, recordedAt: position });
      }
    }
    return records;
  }

  batches(records: readonly RecordedRecord[][]): RecordBatch[] {
    return records.flatMap((list, p) => {
      const base = this.nextOffsets[p];
      this.nextOffsets[p] += list.length;
      return [batchOfRecords('api.call', p, base, list)];
    });
  }
}

type RecordedRecord = { time: number; value: Buffer; recordedAt: number };

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
  const detection = new Detection(traffic.lines, observe);
  const intake = new Intake();
  for (let from = 0, position = 0; from < traffic.lines; from += batchEvents) {
    const chunk = fileChunk(traffic, from);
    const [records, intakeSeconds] = cpuOf(() => intake.records(chunk, position));
    detection.run.intakeSeconds += intakeSeconds;
    detection.step(intake.batches(records), position);
    position += chunk.length;
  }
  return detection.end();
}

/**
 * The same, with events as detection's thread gets them from the log: packed into one buffer, by somebody else, whose garbage is
 * not collected meanwhile.
 */
export function runDetectionOfPacked(traffic: AccessLog): DetectionRun {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  const file = openSync(join(folder, 'batches'), 'w+');
  try {
    const steps: { size: number; position: number; batches: PackedBatches['batches'] }[] = [];
    const intake = new Intake();
    for (let from = 0, position = 0; from < traffic.lines; from += batchEvents) {
      const chunk = fileChunk(traffic, from);
      const { buffer, batches } = packBatches(intake.batches(intake.records(chunk, position)));
      writeSync(file, Buffer.from(buffer));
      steps.push({ size: buffer.byteLength, position, batches });
      position += chunk.length;
    }
    const { buffer } = Buffer.allocUnsafeSlow(Math.max(...steps.map(({ size }) => size)));
    const detection = new Detection(traffic.lines, () => {});
    let at = 0;
    for (const { size, position, batches } of steps) {
      readSync(file, Buffer.from(buffer, 0, size), 0, size, at);
      at += size;
      detection.step(unpackBatches({ buffer, batches }), position);
    }
    return detection.end();
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

class Detection {
  readonly run: DetectionRun;
  private readonly matcher = new Matcher(plan, { partitions, dedupeHorizonMs: 600_000, identitiesMax: 500_000 });
  private readonly windows = Array.from(
    { length: partitions },
    (_, p) => new WindowPartition(p, plan, { groupsMax: 1_000_000, partitions }),
  );

  constructor(
    events: number,
    private readonly observe: (matches: readonly LogRecord[]) => void,
  ) {
    this.run = { events, hits: 0, hitBytes: 0, intakeSeconds: 0, matchSeconds: 0, windowSeconds: 0 };
  }

  step(batches: readonly RecordBatch[], position: number): void {
    const { run, matcher, windows } = this;
    const [{ matches }, matchSeconds] = cpuOf(() => matcher.match(batches, 0));
    const [, windowSeconds] = cpuOf(() => {
      for (const { partition = 0, time, value } of matches) {
        const into = windows[partition];
        into.apply(batchOfRecords('', partition, into.position, [{ time, value, recordedAt: position }]));
      }
    });
    this.observe(matches);
    run.matchSeconds += matchSeconds;
    run.windowSeconds += windowSeconds;
    run.hitBytes += matches.reduce((sum, { value }) => sum + value.length, 0);
  }

  end(): DetectionRun {
    this.run.hits = this.matcher.hits.counters.written;
    return this.run;
  }
}

function fileChunk(traffic: AccessLog, from: number): Buffer {
  let text = '';
  for (let i = from; i < Math.min(from + batchEvents, traffic.lines); i++) text += `${traffic.line(i)}\n`;
  return Buffer.from(text);
}
