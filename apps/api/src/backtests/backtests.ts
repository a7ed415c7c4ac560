import { randomUUID } from 'node:crypto';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import { type BacktestReport, type BacktestRequest, type BacktestRun, runApart } from '#libs/backtest';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import { once, writeAudit } from '#libs/storage';
import { Problem } from '../../../platform/src/index.js';
import type { Backtest, BacktestDetail } from './backtest.js';
import { writeRetro } from './write-retro.js';

interface Job {
  about: Omit<Backtest, 'progress' | 'state' | 'endedAt' | 'error'>;
  run: BacktestRun;
  state: Backtest['state'];
  endedAt: string | null;
  error: Backtest['error'];
  report: BacktestReport | null;
}

/** Who asks for it, which is done once for a `request`. */
interface Asking {
  actor: string;
  request?: KeyedRequest;
}

/** Backtests of this process: the one that runs, and the last that ended. They live in memory, and go with it. */
export class Backtests implements BeforeApplicationShutdown {
  /** One takes a core for itself. */
  static readonly runningMax = 1;
  static readonly endedMax = 20;

  /** In the order in which they were asked for. */
  private readonly jobs = new Map<string, Job>();

  constructor(
    private readonly log: Log,
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /** One that writes is noted. Throws a 429 problem where too many run. */
  async start(asked: BacktestRequest, names: readonly string[], { actor, request }: Asking): Promise<Backtest> {
    const about = this.aboutOf(asked, names, actor);
    const { id } = about;
    try {
      return await this.database.transaction(async (manager) => {
        await once(manager, request);
        if (about.write) await note(manager, about);
        return wireOf(this.run(about, asked));
      });
    } catch (error) {
      // It runs, and nobody was told: it ends, and is forgotten.
      if (await this.remove(id)) await this.remove(id);
      throw error;
    }
  }

  private aboutOf(asked: BacktestRequest, names: readonly string[], actor: string): Job['about'] {
    const { fromMs, untilMs, thresholds, write } = asked;
    return {
      id: randomUUID(),
      rules: [...names],
      from: fromMs === null ? null : new Date(fromMs).toISOString(),
      to: untilMs === null ? null : new Date(untilMs).toISOString(),
      thresholds: [...thresholds],
      write,
      actor,
      createdAt: this.now(),
    };
  }

  private run(about: Job['about'], asked: BacktestRequest): Job {
    this.checkRoom();
    const run = runApart(this.log, (alerts) => writeRetro(this.log, this.database, alerts), asked);
    const job: Job = { about, run, state: 'running', endedAt: null, error: null, report: null };
    this.jobs.set(about.id, job);
    run.report.then(
      (report) => this.end(job, 'done', { report }),
      (error: Error & { code?: string }) =>
        this.end(job, 'failed', { error: { code: error.code ?? 'INTERNAL', detail: error.message } }),
    );
    return job;
  }

  checkRoom(): void {
    const running = [...this.jobs.values()].filter(({ state }) => state === 'running');
    if (running.length < Backtests.runningMax) return;
    const { id } = running[0].about;
    const detail = `A backtest runs already: wait for it, or end it with DELETE /api/v1/backtests/${id}.`;
    throw new Problem(429, 'BACKTEST_RUNNING', detail, { running: id }, { 'retry-after': '5' });
  }

  /** The newest first. */
  list(): Backtest[] {
    return [...this.jobs.values()].map(wireOf).reverse();
  }

  get(id: string): BacktestDetail | null {
    const job = this.jobs.get(id);
    return job ? { ...wireOf(job), report: job.report } : null;
  }

  /** Ends it where it runs, and forgets it where it has ended; false: there is none. */
  async remove(id: string): Promise<boolean> {
    const job = this.jobs.get(id);
    if (job === undefined) return false;
    if (job.state !== 'running') return this.jobs.delete(id);
    this.end(job, 'cancelled', {});
    await job.run.cancel();
    return true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(
      [...this.jobs.values()].filter(({ state }) => state === 'running').map(({ about: { id } }) => this.remove(id)),
    );
  }

  private end(job: Job, state: Job['state'], what: Partial<Pick<Job, 'report' | 'error'>>): void {
    if (job.state !== 'running') return;
    Object.assign(job, { state, endedAt: this.now(), ...what });
    const ended = [...this.jobs].filter(([, each]) => each.state !== 'running');
    for (const [id] of ended.slice(0, Math.max(0, ended.length - Backtests.endedMax))) this.jobs.delete(id);
  }

  private now(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

function note(manager: EntityManager, { id, actor, createdAt, ...facts }: Job['about']): Promise<void> {
  const entry = { at: new Date(createdAt), actor, action: 'backtest.started', subject: `backtest:${id}` };
  return writeAudit(manager, { ...entry, facts });
}

const wireOf = ({ about, run, state, endedAt, error }: Job): Backtest => ({
  ...about,
  state,
  endedAt,
  progress: run.progress,
  error,
});
