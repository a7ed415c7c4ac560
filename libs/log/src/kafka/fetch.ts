import { type Connection, fetchV12, type Reader } from '@platformatic/kafka';
import { checkCode } from './failures.js';

/** One partition in a question for records. */
export interface Wanted {
  /** With the prefix. */
  topic: string;
  partition: number;
  offset: number;
  bytesMax: number;
}

/** What a broker had of it. */
export interface Found {
  topic: string;
  partition: number;
  errorCode: number;
  /** One past the last record that may be read. */
  end: number;
  /** As stored: whole batches, the last one perhaps cut short. */
  bytes: Buffer;
}

const anyBytes = 0x7fffffff;
const epochUnknown = -1;

/**
 * Fetch, version 12: it names topics, and is understood by brokers of every age. The records stay as they came: no
 * object is made for any of them.
 */
export async function fetchRecords(
  connection: Connection,
  waitMs: number,
  wanted: readonly Wanted[],
): Promise<Found[]> {
  const topics = [...Map.groupBy(wanted, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    topicId: topic,
    partitions: ofTopic.map(({ partition, offset, bytesMax }) => ({
      partition,
      currentLeaderEpoch: epochUnknown,
      fetchOffset: BigInt(offset),
      lastFetchedEpoch: epochUnknown,
      partitionMaxBytes: bytesMax,
    })),
  }));
  const request = () => fetchV12.createRequest(waitMs, 1, anyBytes, 0, 0, -1, topics, [], '');
  const { promise, resolve, reject } = Promise.withResolvers<Found[]>();
  const done = (error: Error | null, found?: Found[]) => (error ? reject(error) : resolve(found ?? []));
  connection.send(fetchV12.api.key, fetchV12.api.version, request, parseFound, true, true, done as never);
  return promise;
}

function parseFound(_correlation: number, _key: number, _version: number, reader: Reader): Found[] {
  reader.readInt32();
  checkCode(reader.readInt16());
  reader.readInt32();
  const found: Found[] = [];
  reader.readArray((topics) => {
    const topic = topics.readString();
    topics.readArray((partitions) => found.push(parsePartition(partitions, topic)));
  });
  return found;
}

function parsePartition(reader: Reader, topic: string): Found {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  const end = Number(reader.readInt64());
  reader.readInt64();
  reader.readInt64();
  reader.readNullableArray((aborted) => {
    aborted.readInt64();
    aborted.readInt64();
  });
  reader.readInt32();
  const length = Math.max(reader.readUnsignedVarInt() - 1, 0);
  const bytes = reader.buffer.slice(reader.position, reader.position + length);
  reader.skip(length);
  return { topic, partition, errorCode, end, bytes };
}
