import { randomUUID } from 'node:crypto';
import { type Consumer, type Log, LogError, type RecordBatch, type TopicDescription } from '#libs/log';
import { type EventStream, frameOf } from '../http/event-stream.js';
import { recordWire } from './record.js';
import type { Position } from './scan.js';
import type { Selection } from './selection.js';

/** Groups of clients that tail a topic: they never commit, so nothing of them stays behind. */
export const tailGroupPrefix = 'weir.tail.';

/**
 * The newest records of one topic for one client. It reads as fast as the client does: what a slow client has not read
 * waits in the log, not in memory.
 */
export class Tail {
  private readonly offsets: Map<number, number>;
  private consumer: Consumer | null = null;

  constructor(
    private readonly log: Log,
    private readonly topic: TopicDescription,
    from: readonly Position[],
    private readonly wanted: Selection | undefined,
  ) {
    this.offsets = new Map(from.map(({ partition, offset }) => [partition, offset]));
  }

  /** The id to resume with: what every partition goes on from. */
  get position(): string {
    return [...this.offsets].map(([partition, offset]) => `${partition}:${offset}`).join(',');
  }

  async open(): Promise<void> {
    const { topic, partitions } = this.topic;
    this.consumer = await this.log.consume(`${tailGroupPrefix}${randomUUID()}`, [topic], {
      start: 'latest',
      assigned: async (owned) => owned.map(({ partition }) => this.offsets.get(partition)),
    });
    for (const { partition } of partitions) if (!this.offsets.has(partition)) this.consumer.pause(topic, partition);
  }

  /** Until the client or the log is gone. */
  async run(stream: EventStream): Promise<void> {
    const consumer = this.consumer!;
    stream.closed.then(() => consumer.close());
    stream.heartbeat(this.position);
    try {
      while (stream.open) {
        const batches = await this.poll(consumer, stream);
        if (batches === null) break;
        for (const batch of batches) await this.deliver(batch, stream);
      }
    } finally {
      stream.end();
      await consumer.close();
    }
  }

  private async poll(consumer: Consumer, stream: EventStream): Promise<RecordBatch[] | null> {
    try {
      return await consumer.poll();
    } catch (error) {
      const { partition, wanted, earliest } = expired(error);
      this.offsets.set(partition, earliest);
      consumer.seek(this.topic.topic, partition, earliest);
      consumer.resume(this.topic.topic, partition);
      await stream.send(this.position, frameOf(this.position, 'gap', { partition, wanted, earliest }));
      return [];
    }
  }

  private async deliver(batch: RecordBatch, stream: EventStream): Promise<void> {
    const { partition } = batch;
    for (let i = 0; i < batch.count && stream.open; i++) {
      this.offsets.set(partition, batch.offset(i) + 1);
      if (this.wanted && !this.wanted(batch, i)) continue;
      await stream.send(this.position, frameOf(this.position, 'record', recordWire(batch, i)));
    }
    this.offsets.set(partition, batch.nextOffset);
  }
}

/** The positions of an id; null when it is none. */
export function parsePositions(id: string): Position[] | null {
  if (!/^\d{1,6}:\d{1,15}(,\d{1,6}:\d{1,15})*$/.test(id)) return null;
  return id.split(',').map((pair) => {
    const [partition, offset] = pair.split(':').map(Number);
    return { partition, offset };
  });
}

/** Anything but a position behind retention is for the caller to hear of. */
function expired(error: unknown): { partition: number; wanted: number; earliest: number } {
  if (!(error instanceof LogError) || error.code !== 'LOG_OFFSET_EXPIRED') throw error;
  return error.facts as { partition: number; wanted: number; earliest: number };
}
