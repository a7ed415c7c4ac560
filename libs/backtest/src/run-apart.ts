import { MessageChannel, Worker } from 'node:worker_threads';
import { type Log, serveLog } from '#libs/log';
import { Calls, PortError } from '#libs/port';
import type { BacktestPorts, BacktestProgress, BacktestRequest } from './backtest.js';
import { BacktestError } from './errors.js';
import type { BacktestReport } from './report.js';

/** What the thread with the log offers to the one with the backtest. */
export interface HouseMethods {
  told(progress: BacktestProgress): void;
  write: BacktestPorts['write'];
}
export interface BacktestMethods {
  run(request: BacktestRequest): Promise<BacktestReport>;
}

export interface BacktestRun {
  /** As it was told last. */
  readonly progress: BacktestProgress;
  /** Rejects with an error that has a code and facts; of a run that was cancelled with BACKTEST_STOPPED. */
  readonly report: Promise<BacktestReport>;
  /** Ends the thread, wherever it is. What it has written stays. */
  cancel(): Promise<void>;
}

/** Objects of a thread, MiB; windows, which count by themselves, come on top. */
const heapMiBMax = 1024;

/**
 * Runs a backtest on a thread of its own: what is live goes on beside it. This thread reads the log for it, a batch at
 * a time.
 */
export function runApart(log: Log, write: BacktestPorts['write'], request: BacktestRequest): BacktestRun {
  const calls = new MessageChannel();
  const reads = new MessageChannel();
  serveLog(log, reads.port1);
  const worker = new Worker(new URL('./backtest-worker.js', import.meta.url), {
    name: 'backtest',
    workerData: { port: calls.port2, logPort: reads.port2 },
    transferList: [calls.port2, reads.port2],
    resourceLimits: { maxOldGenerationSizeMb: heapMiBMax },
  });
  let progress: BacktestProgress = { records: 0, of: 0 };
  let failure: NodeJS.ErrnoException | undefined;
  worker.once('error', (error) => (failure = error as NodeJS.ErrnoException));
  const exited = new Promise<void>((done) => worker.once('exit', () => done()));
  const apart = new Calls<BacktestMethods, HouseMethods>(calls.port1, {
    told: (now) => void (progress = now),
    write,
  });
  const end = async () => {
    calls.port1.close();
    reads.port1.close();
    await worker.terminate();
  };
  const ended = apart.call('run', [request]).catch(async (error: unknown) => {
    if (!(error instanceof PortError) || error.code !== 'PORT_CLOSED') throw error;
    await exited;
    throw gone(failure);
  });
  return {
    get progress() {
      return progress;
    },
    report: ended.finally(end),
    cancel: end,
  };
}

function gone(failure: NodeJS.ErrnoException | undefined): BacktestError {
  if (failure?.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const said = `The backtest took more than ${heapMiBMax} MiB: raise the rules' limits, or take a shorter range.`;
    return new BacktestError('BACKTEST_TOO_LARGE', said, { heapMiBMax }, { cause: failure });
  }
  const said = failure ? `The backtest ended: ${failure.message}.` : 'The backtest was cancelled.';
  return new BacktestError('BACKTEST_STOPPED', said, {}, { cause: failure });
}
