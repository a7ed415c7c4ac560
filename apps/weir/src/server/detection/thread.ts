import 'reflect-metadata';
import { workerData } from 'node:worker_threads';
import { systemClock } from '#libs/clock';
import { type DetectionPlan, planRules } from '#libs/detection';
import { openPortLog } from '#libs/log';
import { Calls } from '#libs/port';
import { FolderSnapshots } from '#libs/stream';
import { createLogger, createMetrics } from '#libs/telemetry';
import { DetectModule, type Plans } from '../../../../detect/src/index.js';
import { createConsumerApp, LogTransport } from '../../../../platform/src/index.js';
import { failureTeller } from '../failure-teller.js';
import { type RuleTexts, rulesOf } from '../rules/compose-rules.js';
import type { ThreadData, ThreadMethods } from './methods.js';

/** A thread that detects, on the log of another: what `DetectionThread` starts. It ends when it is ended, or by a defect. */
const data = workerData as ThreadData;

/** Plans can't cross, so they are made here, of the same texts. */
class ThreadPlans implements Plans {
  current: DetectionPlan;
  private readonly listeners: ((plan: DetectionPlan) => void)[] = [];

  constructor(rules: RuleTexts) {
    this.current = planOf(rules);
  }

  subscribe(listener: (plan: DetectionPlan) => void): void {
    this.listeners.push(listener);
  }

  change(rules: RuleTexts): void {
    this.current = planOf(rules);
    for (const listener of this.listeners) listener(this.current);
  }
}

const planOf = (rules: RuleTexts): DetectionPlan => planRules(rulesOf(rules), data.limits);

const clock = systemClock;
const logger = createLogger(data.logLevel, data.isTerminal);
const metrics = createMetrics('thread');
const log = openPortLog(data.log);
const plans = new ThreadPlans(data.rules);
const snapshots = new FolderSnapshots(data.snapshotsDir);
const strategy = new LogTransport({ log, failed: failureTeller({ clock, logger, metrics }) });
const detect = DetectModule.register({ log, clock, plans, snapshots, metrics, logger, options: data.options });
const app = await createConsumerApp(detect, strategy, logger);
await app.listen();

const methods: ThreadMethods = {
  started: () => {},
  changeRules: (rules) => plans.change(rules),
  catchUps: () => strategy.catchUps(),
  counted: () => metrics.counted(),
  stop: async () => {
    await app.close();
    await log.close();
  },
};
new Calls(data.control, methods);
