import type { Log } from '#libs/log';
import type { Metrics } from '#libs/telemetry';

/** The same log; the time from append to durable is observed, whoever appends. */
export function measured(log: Log, { weir_log_append_seconds }: Metrics): Log {
  return {
    async append(topic, records) {
      const timer = weir_log_append_seconds.startTimer();
      const appended = await log.append(topic, records);
      timer();
      return appended;
    },
    createTopic: (topic, options) => log.createTopic(topic, options),
    topics: () => log.topics(),
    ends: (topics) => log.ends(topics),
    describe: (topic) => log.describe(topic),
    read: (topic, partition, offset, options) => log.read(topic, partition, offset, options),
    offsetAt: (topic, partition, time) => log.offsetAt(topic, partition, time),
    consume: (group, topics, options) => log.consume(group, topics, options),
    groups: () => log.groups(),
    describeGroup: (group) => log.describeGroup(group),
    resetGroup: (group, positions) => log.resetGroup(group, positions),
    close: () => log.close(),
  };
}
