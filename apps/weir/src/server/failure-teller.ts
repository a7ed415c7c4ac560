import type { Clock } from '#libs/clock';
import type { LogError } from '#libs/log';
import type { Failure } from '#libs/stream';
import { type Logger, type Metrics, Repeats } from '#libs/telemetry';
import { problemOf } from '../../../platform/src/index.js';

/** What is known to happen is told once in a while, without its stack; it is tried again until it succeeds. */
export function failureTeller({
  clock,
  logger,
  metrics,
}: {
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}): (error: unknown, where: Failure) => void {
  const repeats = new Repeats(clock);
  return (error, where) => {
    const { stage: group, topic = '', skippedRecords } = where;
    if (skippedRecords !== undefined) {
      const { code: reason, message } = error as LogError;
      metrics.weir_consumer_skipped_records_total.inc({ group, topic, reason }, skippedRecords);
      logger.error({ ...where, reason }, `Records are skipped. ${message}`);
      return;
    }
    const { code } = problemOf(error);
    const cause = code === 'INTERNAL' ? { err: error } : { code, reason: String(error) };
    repeats.once(`${group} ${code}`, (held) =>
      logger.error({ ...cause, ...where, held }, 'A stage failed; it tries again'),
    );
  };
}
