import type { RecordBatch } from '../batch.js';
import { LogError } from '../errors.js';
import type { ReadOptions } from '../log.js';
import type { Cluster, TopicMetadata } from './cluster.js';
import { checkCode, codes } from './failures.js';
import { type Found, fetchRecords } from './fetch.js';
import { bytesNeeded, readFetched } from './record-reader.js';
import type { Topics } from './topics.js';

export const bytesMaxDefault = 1024 * 1024;

/** Why the brokers have nothing at the offset: it is before what retention left, or past the end. */
export async function offsetProblem(
  topics: Topics,
  at: { topic: string; name: string; partition: number },
  offset: number,
): Promise<LogError> {
  const { topic, name, partition } = at;
  const [[earliest], [next]] = await Promise.all([topics.earliest(topic, [partition]), topics.end(topic, [partition])]);
  const facts = { topic: name, partition, wanted: offset };
  const where = `${name}/${partition}`;
  if (offset > next) {
    const message = `Offset ${offset} of ${where} does not exist yet: the next record gets ${next}.`;
    return new LogError('LOG_OFFSET_BEYOND', message, { ...facts, next });
  }
  const message = `Offset ${offset} of ${where} was deleted by retention. Read on from ${earliest}.`;
  return new LogError('LOG_OFFSET_EXPIRED', message, { ...facts, earliest });
}

/** See `Log.read`. `name` is the topic without its prefix. */
export async function readPartition(
  { cluster, topics }: { cluster: Cluster; topics: Topics },
  at: { topic: TopicMetadata; name: string; partition: number },
  offset: number,
  { bytesMax = bytesMaxDefault, recordsMax = Number.POSITIVE_INFINITY }: ReadOptions,
): Promise<RecordBatch> {
  const { topic, name, partition } = at;
  const place = { topic: topic.name, name, partition };
  if (!(Number.isSafeInteger(offset) && offset >= 0)) throw await offsetProblem(topics, place, offset);
  const compacted = await topics.isCompacted(topic.name);
  let from = offset;
  let needs = bytesMax;
  for (;;) {
    const { errorCode, end, bytes } = await fetchOne(cluster, topic.name, partition, from, needs);
    if (errorCode === codes.offsetOutOfRange) throw await offsetProblem(topics, place, from);
    const fetched = { topic: topic.name, partition, from, end, bytes, compacted };
    const more = bytesNeeded(fetched);
    if (more > 0) {
      needs = more;
      continue;
    }
    const { batch } = readFetched(fetched, name, { bytesMax, recordsMax });
    if (batch.count > 0 || batch.atEnd || bytes.length === 0) return batch;
    from = batch.nextOffset;
  }
}

/** What the leader has from an offset on; it does not wait for more. */
function fetchOne(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: number,
  bytesMax: number,
): Promise<Found> {
  return cluster.patiently(`read ${topic}/${partition}`, async () => {
    const leader = cluster.known(topic)?.leaders[partition] ?? -1;
    try {
      const connection = await cluster.connection(leader);
      const [found] = await fetchRecords(connection, 0, [{ topic, partition, offset, bytesMax }]);
      if (found.errorCode !== codes.offsetOutOfRange) checkCode(found.errorCode);
      return found;
    } catch (error) {
      await cluster.refresh([topic]);
      throw error;
    }
  });
}

/** The machines' clocks may differ by this much, and an event may be dated after its recording. */
const clocksDifferMs = 60 * 60_000;

/**
 * See `Log.offsetAt`. Kafka's index is by the time of recording, which is not much earlier than the event. So the
 * search begins where the log recorded what happened then, and reads on to the first event of that time: for live
 * events a short way, for a file of last year's events, recorded now, from the beginning.
 */
export async function offsetAtEventTime(
  log: { cluster: Cluster; topics: Topics },
  at: { topic: TopicMetadata; name: string; partition: number },
  time: number,
): Promise<number> {
  const { topic, partition } = at;
  const from = BigInt(Math.max(0, Math.floor(time) - clocksDifferMs));
  const [start] = await log.topics.offsets(topic.name, [partition], from);
  const [end] = await log.topics.end(topic.name, [partition]);
  if (start < 0) return end;
  for (let offset = start; offset < end; ) {
    const batch = await readPartition(log, at, offset, {});
    const index = batch.columns.times.findIndex((each) => each >= time);
    if (index >= 0) return batch.offset(index);
    if (batch.nextOffset === offset) break;
    offset = batch.nextOffset;
  }
  return end;
}
