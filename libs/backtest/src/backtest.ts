import type { DetectionLimits } from '#libs/detection';
import type { Alert, CloudEvent } from '#libs/events';
import { type LogRecord, RecordBatch } from '#libs/log';
import type { RuleFile } from '#libs/sigma';
import { alertsShownMax, alertsWrittenMax, Episodes, episodesMax } from './episodes.js';
import { BacktestError } from './errors.js';
import type { Mark } from './marks.js';
import { Pass, type PassOptions } from './pass.js';
import { type Cursor, type LogReader, openCursors, recordedRange, type Skipped } from './recorded-range.js';
import type { BacktestReport, RuleReport } from './report.js';
import { retroEvents } from './retro.js';
import { type Figures, figuresOf, type Ran } from './rule-report.js';
import { SeenGroups } from './seen-groups.js';
import { describeRule } from './shown-alerts.js';
import { silencedOf } from './silenced.js';
import { type RuleUnderTest, type TestedRule, testedRules, type Variant } from './tested-rules.js';

export interface BacktestRequest {
  /** All rule files: those under test, and what these may refer to. */
  files: readonly RuleFile[];
  rules: readonly RuleUnderTest[];
  /** Limits to hold every rule against, beside its own. Empty: some around its own. */
  thresholds: readonly number[];
  /** Event times, ms: [from, until). Null: from the log's first record on, to its last. */
  fromMs: number | null;
  untilMs: number | null;
  /** Now: how long the log has been silent since its last record. */
  nowMs: number;
  marks: readonly Mark[];
  /** Filters that are not there, to see what they would silence; null: none. */
  exception: RuleFile | null;
  /** Write the alerts of the rules as they stand. */
  write: boolean;
  options: Omit<PassOptions, 'partitions'> & DetectionLimits;
}

export interface BacktestProgress {
  /** Records read, of those to be read. */
  records: number;
  of: number;
}

export interface BacktestPorts {
  log: LogReader;
  told(progress: BacktestProgress): void;
  /** Writes alerts that nobody has raised yet. */
  write(alerts: readonly CloudEvent<Alert>[]): Promise<{ alerts: number; known: number }>;
  /** Tells how much time has passed, ms. */
  elapsedMs(): number;
}

/** Live, marks of time are written about this often. */
const markEveryMs = 1000;
/** Windows of all variants together. */
const windowBytesMax = 1 << 30;
const writtenTogether = 100;

/**
 * Runs rules over a recorded range, with the code that runs live, and reports what they would have raised. Events are
 * matched once, whatever the number of rules and limits. Throws a BacktestError, or as the log does.
 */
export async function backtest(request: BacktestRequest, ports: BacktestPorts): Promise<BacktestReport> {
  return new Backtest(request, ports).run();
}

interface Running extends Ran {
  pass: Pass;
}

class Backtest {
  private readonly rules: readonly TestedRule[];
  private readonly running: Running[];
  /** The rules as they stand, with the exception: of other events, so they are matched apart. */
  private readonly excepted: Running | null;
  private readonly seen: SeenGroups;
  private readonly lost: Skipped[] = [];
  private readonly untilMs: number;
  private records = 0;
  private markedMs = 0;
  private firstMs = Number.POSITIVE_INFINITY;
  private newestMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly request: BacktestRequest,
    private readonly ports: BacktestPorts,
  ) {
    const { files, rules, thresholds, options, write } = request;
    const tested = testedRules(files, rules, thresholds, options);
    this.rules = tested.rules;
    this.untilMs = request.untilMs ?? Number.POSITIVE_INFINITY;
    this.running = tested.variants.map((variant, i) =>
      this.start(variant, i > 0 ? 0 : write ? alertsWrittenMax : alertsShownMax),
    );
    const { exception } = request;
    const joined = exception && testedRules([...files, exception], rules, [], options);
    this.excepted = joined && this.start(joined.variants[0], 0);
    this.seen = new SeenGroups(request.fromMs ?? 0, tested.variants[0].plan.byHash.keys());
  }

  async run(): Promise<BacktestReport> {
    const [{ pass }] = this.running;
    const { fromMs } = this.request;
    const sinceMs = fromMs === null ? Number.NEGATIVE_INFINITY : fromMs - pass.lookbackMs;
    const topics = new Set(this.running.flatMap(({ variant }) => [...variant.plan.byType.keys()]));
    const from = Number.isFinite(sinceMs) ? { fromMs: sinceMs } : {};
    const cursors = await openCursors(this.ports.log, { ...from, topics });
    const of = cursors.reduce((sum, { offset, end }) => sum + end - offset, 0);
    for await (const batches of recordedRange(this.ports.log, cursors, { skipped: (gap) => this.lost.push(gap) })) {
      this.step(batches.flatMap((batch) => within(batch, sinceMs, this.untilMs) ?? []));
      this.ports.told({ records: of - left(cursors), of });
    }
    this.passTime();
    return this.report();
  }

  private start(variant: Variant, detailedMax: number): Running {
    const { options, fromMs } = this.request;
    const pass = new Pass(variant.plan, { ...options, partitions: 1 });
    const episodes = new Episodes(fromMs ?? Number.NEGATIVE_INFINITY, this.untilMs, detailedMax);
    return { variant, pass, episodes, isStopped: false };
  }

  private step(batches: readonly RecordBatch[]): void {
    if (batches.length === 0) return;
    for (const { columns } of batches) this.noteTimes(columns.times);
    this.records += batches.reduce((sum, { count }) => sum + count, 0);
    const { matcher } = this.running[0].pass;
    const { records, recordedAt } = this.running[0].pass.match(batches);
    this.seen.note(records);
    this.count(records, recordedAt);
    if (this.excepted) this.countExcepted(this.excepted.pass.match(batches).records, recordedAt);
    if (recordedAt - this.markedMs < markEveryMs) return;
    this.markedMs = recordedAt;
    this.count(matcher.marks(recordedAt), recordedAt);
    if (this.excepted) this.countExcepted(this.excepted.pass.matcher.marks(recordedAt), recordedAt);
    this.checkMemory();
  }

  private noteTimes(times: Float64Array): void {
    for (let i = 0; i < times.length; i++) {
      if (times[i] < this.firstMs) this.firstMs = times[i];
      if (times[i] > this.newestMs) this.newestMs = times[i];
    }
  }

  /** The log was silent since, but time passes; not beyond the range. */
  private passTime(): void {
    const { matcher } = this.running[0].pass;
    const { nowMs } = this.request;
    const idleMs = matcher.idleMs(nowMs);
    const restMs = Math.max(0, this.untilMs - matcher.markTime(0));
    const until = nowMs - idleMs + Math.min(idleMs, restMs);
    this.count(matcher.marks(until), until);
    if (this.excepted) this.countExcepted(this.excepted.pass.matcher.marks(until), until);
  }

  private countExcepted(records: readonly LogRecord[], recordedAt: number): void {
    const { pass, episodes } = this.excepted!;
    for (const change of pass.count(records, recordedAt)) {
      if (!episodes.note(change)) throw tooLarge(`more than ${episodesMax} alerts`, { episodesMax });
    }
  }

  private count(records: readonly LogRecord[], recordedAt: number): void {
    for (const [i, running] of this.running.entries()) {
      if (running.isStopped) continue;
      for (const change of running.pass.count(records, recordedAt)) {
        if (!running.episodes.note(change)) running.isStopped = true;
      }
      if (running.isStopped && i === 0) throw tooLarge(`more than ${episodesMax} alerts`, { episodesMax });
    }
  }

  private checkMemory(): void {
    const all = [...this.running, ...(this.excepted ? [this.excepted] : [])];
    const bytes = all.reduce((sum, { pass, isStopped }) => sum + (isStopped ? 0 : pass.bytes), 0);
    if (bytes > windowBytesMax) throw tooLarge(`more than ${windowBytesMax} bytes of windows`, { windowBytesMax });
  }

  private async report(): Promise<BacktestReport> {
    const { fromMs, marks } = this.request;
    const hasEvents = this.records > 0;
    const range = {
      fromMs: fromMs ?? this.firstMs,
      untilMs: this.request.untilMs ?? Math.max(this.newestMs, fromMs ?? this.newestMs),
    };
    const figures = this.rules.map((rule) => figuresOf(rule, this.running, marks, range));
    const written = this.request.write ? await this.write() : null;
    const rules: RuleReport[] = [];
    for (const [i, rule] of this.rules.entries())
      rules.push(await this.describe(rule, figures[i], written?.[i] ?? null));
    return {
      from: hasEvents || fromMs !== null ? iso(range.fromMs) : null,
      to: hasEvents || this.request.untilMs !== null ? iso(range.untilMs) : null,
      events: this.records,
      seconds: this.ports.elapsedMs() / 1000,
      lost: this.lost,
      rules,
    };
  }

  private async describe(rule: TestedRule, figures: Figures, written: RuleReport['written']): Promise<RuleReport> {
    const { log } = this.ports;
    const { seen, excepted } = this;
    const [own] = this.running;
    const { marks } = this.request;
    const silenced = excepted && (await silencedOf(log, rule.info.id, { own, excepted, marks }));
    return describeRule(log, rule, own, figures, { seen, written, silenced });
  }

  /** Of every rule, its alerts as they stand at the end of the range: what is open there comes closed, as nobody goes on with it. */
  private async write(): Promise<NonNullable<RuleReport['written']>[]> {
    const [{ pass, episodes }] = this.running;
    for (const change of pass.close()) episodes.note(change);
    const all = this.rules.map(({ info }) => episodes.within(info.id));
    const count = all.reduce((sum, { length }) => sum + length, 0);
    if (count > alertsWrittenMax) throw tooLarge(`${count} alerts to write; ${alertsWrittenMax} may be`, { count });
    const written: NonNullable<RuleReport['written']>[] = [];
    for (const alerts of all) {
      const sum = { alerts: 0, known: 0 };
      for (let at = 0; at < alerts.length; at += writtenTogether) {
        const events = await retroEvents(this.ports.log, alerts.slice(at, at + writtenTogether));
        const { alerts: fresh, known } = await this.ports.write(events);
        sum.alerts += fresh;
        sum.known += known;
      }
      written.push(sum);
    }
    return written;
  }
}

function tooLarge(what: string, facts: Readonly<Record<string, unknown>>): BacktestError {
  const said = `The rules as they stand would have ${what}: raise their limits, or take a shorter range.`;
  return new BacktestError('BACKTEST_TOO_LARGE', said, facts);
}

const iso = (ms: number): string => new Date(ms).toISOString();
const left = (cursors: readonly Cursor[]): number =>
  cursors.reduce((sum, { offset, end }) => sum + Math.max(0, end - offset), 0);

/** The records of these event times; null: there are none. */
function within(batch: RecordBatch, sinceMs: number, untilMs: number): RecordBatch | null {
  const { times, ...columns } = batch.columns;
  const isIn = (time: number) => time >= sinceMs && time < untilMs;
  if (times.every(isIn)) return batch;
  const kept = Uint32Array.from(times.keys()).filter((i) => isIn(times[i]));
  if (kept.length === 0) return null;
  const doubles = (column: Float64Array) => Float64Array.from(kept, (i) => column[i]);
  const words = (column: Int32Array) => Int32Array.from(kept, (i) => column[i]);
  return new RecordBatch(batch.topic, batch.partition, {
    ...columns,
    times: doubles(times),
    offsets: doubles(columns.offsets),
    recordedAt: doubles(columns.recordedAt),
    keyStart: words(columns.keyStart),
    keyEnd: words(columns.keyEnd),
    valueStart: words(columns.valueStart),
    valueEnd: words(columns.valueEnd),
  });
}
