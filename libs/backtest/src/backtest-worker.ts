import { type MessagePort, workerData } from 'node:worker_threads';
import { openPortLog } from '#libs/log';
import { Calls } from '#libs/port';
import { type BacktestProgress, type BacktestRequest, backtest } from './backtest.js';
import type { BacktestMethods, HouseMethods } from './run-apart.js';

/** Where a thread for backtests begins: it is called from the thread that has the log. */
const { port, logPort } = workerData as { port: MessagePort; logPort: MessagePort };

/** A person is told so often at most. */
const tellEveryMs = 100;

let toldMs = 0;
const house: Calls<HouseMethods, BacktestMethods> = new Calls<HouseMethods, BacktestMethods>(port, {
  run: (request: BacktestRequest) => {
    const startedMs = performance.now();
    return backtest(request, {
      log: openPortLog(logPort),
      told: (progress: BacktestProgress) => {
        const now = performance.now();
        if (now - toldMs < tellEveryMs && progress.records < progress.of) return;
        toldMs = now;
        house.tell('told', [progress]);
      },
      write: (alerts) => house.call('write', [alerts]),
      elapsedMs: () => performance.now() - startedMs,
    });
  },
});
