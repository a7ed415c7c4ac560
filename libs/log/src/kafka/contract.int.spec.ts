import { systemClock } from '#libs/clock';
import { describeLog } from '../../contract/index.js';
import { kafkaForTests } from '../../testing/kafka.js';
import { openKafkaLog } from './kafka-log.js';

const kafka = await kafkaForTests('libs/log on Kafka: the contract');

if (kafka) {
  let number = 0;
  const run = `contract-${process.pid}-${Math.trunc(performance.timeOrigin)}`;
  describeLog('kafka', async () => {
    const prefix = `${run}-${number++}.`;
    // Sizes on the wire are those of the records, as the contract counts them.
    const limits = { recordBytesMax: 256 * 1024, batchBytesMax: 256 * 1024, compression: 'none' as const };
    const open = () =>
      openKafkaLog({
        brokers: kafka.brokers,
        clock: systemClock,
        prefix,
        heartbeatMs: 200,
        patienceMs: 5000,
        ...limits,
      });
    let log = await open();
    return {
      get log() {
        return log;
      },
      recordBytesMax: limits.recordBytesMax,
      reopen: async () => {
        await log.close();
        log = await open();
        return log;
      },
      expire: (topic) => kafka.deleteBefore(`${prefix}${topic}`, 0, 50),
      dispose: async () => {
        await log.close();
        await kafka.deleteAll(prefix);
      },
    };
  });
}
