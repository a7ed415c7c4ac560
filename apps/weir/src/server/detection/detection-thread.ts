import { availableParallelism } from 'node:os';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Config } from '#libs/config';
import { serveLog } from '#libs/log';
import { Calls } from '#libs/port';
import type { CatchUpState } from '#libs/stream';
import type { Counted, Logger } from '#libs/telemetry';
import { CommandError } from '../../errors.js';
import type { House } from '../parts.js';
import type { ThreadData, ThreadMethods } from './methods.js';
import { detectionLimits, detectionOptions } from './options.js';

/**
 * Whether detection is to have a thread of its own: where it shares the process with others, and there is a core for each. On
 * Kafka every part can have a process of its own.
 */
export function hasOwnThread({ detectThread, kafkaBrokers }: Config, apps: House['apps']): boolean {
  if (detectThread === 'off' || kafkaBrokers !== null || apps.length === 1 || !apps.includes('detect')) return false;
  return detectThread === 'on' || availableParallelism() > 1;
}

/** Detection on a thread of its own, with the log of this one. */
export class DetectionThread {
  /** Resolves if it ends though nobody asked it to, with why. Weir must not go on without it. */
  readonly broken: Promise<CommandError>;
  private readonly worker: Worker;
  private readonly thread: Calls<ThreadMethods, Record<never, never>>;
  private isEnding = false;

  constructor(house: House) {
    const { config, rules, snapshotsDir, logger } = house;
    const [log, control] = [new MessageChannel(), new MessageChannel()];
    serveLog(house.log, log.port1);
    const data: ThreadData = {
      log: log.port2,
      control: control.port2,
      options: detectionOptions(config),
      limits: detectionLimits(config),
      rules: rules.texts,
      snapshotsDir,
      logLevel: logger.level,
      isTerminal: process.stderr.isTTY === true,
    };
    this.worker = new Worker(new URL('./thread.js', import.meta.url), {
      name: 'detect',
      workerData: data,
      transferList: [data.log, data.control],
    });
    this.thread = new Calls(control.port1, {});
    this.broken = this.whenBroken(logger);
    rules.subscribe(() => this.thread.call('changeRules', [rules.texts]));
    house.metrics.add(() => this.counted());
  }

  /** Resolves once it detects. Rejects where it ends before. */
  async started(): Promise<void> {
    // Its port may be seen to close before it is seen to have failed, but only `broken` says why.
    const broken = this.broken.then((error) => Promise.reject(error));
    await Promise.race([this.thread.call('started', []).catch(() => broken), broken]);
  }

  catchUps(): Promise<CatchUpState[]> {
    return this.thread.call('catchUps', []);
  }

  /** Lets the steps under way end. Rejects where it fails meanwhile; that it has failed before is told by `broken`. */
  async stop(): Promise<void> {
    const isBroken = this.isEnding;
    this.isEnding = true;
    if (!isBroken) await this.thread.call('stop', []);
    await this.worker.terminate();
  }

  private counted(): Promise<Counted> {
    return this.thread.call('counted', []);
  }

  private whenBroken(logger: Logger): Promise<CommandError> {
    return new Promise((resolve) => {
      const end = (err: unknown) => {
        if (this.isEnding) return;
        this.isEnding = true;
        const why = err instanceof Error ? err.message : String(err);
        logger.fatal({ err }, 'Detection ended unexpectedly: Weir stops');
        const said = `Detection ended unexpectedly (${why}). Nothing acknowledged is lost: start Weir again.`;
        resolve(new CommandError('DETECTION_ENDED', said, {}, { cause: err }));
      };
      this.worker.on('error', end);
      this.worker.on('exit', (code) => end(new CommandError('DETECTION_ENDED', `exit code ${code}`)));
    });
  }
}
