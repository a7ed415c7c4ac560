/**
 * Appends as fast as it can until it is killed: node appender.js DIRECTORY ROUND. Prints one JSON line for each append
 * that was acknowledged and each position that was committed, and `{"ready":true}` once the log is open.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '#libs/clock';
import { openEmbeddedLog } from '../src/index.js';

const [directory, round] = process.argv.slice(2);
const producers = 16;

const say = (line: unknown) => writeSync(1, `${JSON.stringify(line)}\n`);

const log = await openEmbeddedLog({ directory, clock: systemClock, segmentBytesMax: 200_000, groupBytesMax: 20_000 });
await log.createTopic('t', { partitions: 4 });
const consumer = await log.consume('g', ['t']);
say({ ready: true });

async function produce(producer: number): Promise<never> {
  for (let batch = 0; ; batch++) {
    const values = Array.from(
      { length: 1 + (batch % 5) },
      (_, i) => `${round}/${producer}/${batch}/${i}/${'x'.repeat((batch * 37) % 900)}`,
    );
    const records = values.map((value) => ({
      key: Buffer.from(`${producer}`),
      time: batch,
      value: Buffer.from(value),
    }));
    const { partitions, offsets } = await log.append('t', records);
    say({ partition: partitions[0], offsets: [...offsets], values });
  }
}

async function commit(): Promise<never> {
  for (let offset = 0; ; offset++) {
    await consumer.commit([{ topic: 't', partition: 0, offset, metadata: round }]);
    say({ committed: offset, metadata: round });
  }
}

await Promise.race([...Array.from({ length: producers }, (_, producer) => produce(producer)), commit()]);
