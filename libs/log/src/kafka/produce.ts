import { type Connection, produceV9, Writer } from '@platformatic/kafka';
import { answerOf } from './cluster.js';
import type { Lane, Sending } from './lane.js';

export type ProduceAnswer = ReturnType<typeof produceV9.parseResponse>;

/** Sends the batches of the lanes; resolves once all in-sync replicas have them, or the broker says why not. */
export function produce(connection: Connection, lanes: readonly Lane[], timeoutMs: number): Promise<ProduceAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ProduceAnswer>();
  const { key, version } = produceV9.api;
  const request = () => produceRequest(lanes, timeoutMs);
  const done = (error: Error | null, answer?: ProduceAnswer) => (error ? reject(error) : resolve(answer!));
  connection.send(key, version, request, produceV9.parseResponse, true, true, done as never);
  return answerOf(promise);
}

/** Which records go to which partition, by index. */
export function indexesByPartition(partitions: Int32Array): [number, Int32Array][] {
  const counts = new Map<number, number>();
  for (const partition of partitions) counts.set(partition, (counts.get(partition) ?? 0) + 1);
  const indexes = new Map([...counts].map(([partition, count]) => [partition, new Int32Array(count)]));
  const filled = new Map<number, number>();
  for (let i = 0; i < partitions.length; i++) {
    const at = filled.get(partitions[i]) ?? 0;
    (indexes.get(partitions[i]) as Int32Array)[at] = i;
    filled.set(partitions[i], at + 1);
  }
  return [...indexes];
}

/** Produce, version 9: acknowledged by all in-sync replicas. */
function produceRequest(lanes: readonly Lane[], timeoutMs: number): Writer {
  const byTopic = [...Map.groupBy(lanes, ({ topic }) => topic)];
  return Writer.create()
    .appendString(null)
    .appendInt16(-1)
    .appendInt32(timeoutMs)
    .appendArray(byTopic, (topics, [topic, ofTopic]) => {
      topics.appendString(topic).appendArray(ofTopic, (partitions, { partition, sending }) => {
        const { bytes } = sending as Sending;
        partitions
          .appendInt32(partition)
          .appendUnsignedVarInt(bytes.length + 1)
          .append(bytes);
      });
    })
    .appendTaggedFields();
}
