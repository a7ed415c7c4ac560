import type { MessagePort } from 'node:worker_threads';
import { Calls, Transferred } from '#libs/port';
import type { Consumer, Log } from '../log.js';
import {
  type CallbackMethods,
  closedConsumer,
  type LogMethods,
  type PlainConsumeOptions,
  type Polled,
  reviveLogError,
} from './methods.js';
import { packBatches, unpackRecords } from './packed.js';

/**
 * Offers a log to whoever opens the other end of the port with `openPortLog`, in another thread. When that end closes, or
 * its thread dies, its consumers leave their groups; the log stays open.
 */
export function serveLog(log: Log, port: MessagePort): void {
  new LogServer(log, port);
}

interface Served {
  consumer: Consumer;
  /** The newest seek that came. */
  seek: number;
}

class LogServer {
  private readonly consumers = new Map<number, Served>();
  private readonly client: Calls<CallbackMethods, LogMethods>;

  constructor(
    private readonly log: Log,
    port: MessagePort,
  ) {
    this.client = new Calls(port, this.methods(), { revive: reviveLogError, closed: () => this.leaveAll() });
  }

  private methods(): LogMethods {
    const { log, consumers } = this;
    return {
      createTopic: (topic, options) => log.createTopic(topic, options),
      topics: () => log.topics(),
      describe: (topic) => log.describe(topic),
      ends: (topics) => log.ends(topics),
      append: (topic, records) => log.append(topic, unpackRecords(records)),
      read: async (...from) => {
        const packed = packBatches([await log.read(...from)]);
        return new Transferred(packed, [packed.buffer]);
      },
      offsetAt: (topic, partition, time) => log.offsetAt(topic, partition, time),
      groups: () => log.groups(),
      describeGroup: (group) => log.describeGroup(group),
      resetGroup: (group, positions) => log.resetGroup(group, positions),
      consume: (number, group, topics, options) => this.consume(number, group, topics, options),
      poll: (number, spare) => this.poll(number, spare),
      commit: async (number, positions) => {
        const served = consumers.get(number);
        if (served === undefined) throw closedConsumer();
        await served.consumer.commit(positions);
      },
      seek: (number, seek, ...where) => {
        const served = consumers.get(number);
        if (served === undefined) return;
        served.seek = seek;
        served.consumer.seek(...where);
      },
      pause: (number, ...where) => consumers.get(number)?.consumer.pause(...where),
      resume: (number, ...where) => consumers.get(number)?.consumer.resume(...where),
      leave: (number) => this.leave(number),
    };
  }

  private async consume(
    number: number,
    group: string,
    topics: readonly string[],
    { hasAssigned, hasRevoked, ...options }: PlainConsumeOptions,
  ): Promise<string> {
    const { client } = this;
    const consumer = await this.log.consume(group, topics, {
      ...options,
      ...(hasAssigned && { assigned: (positions) => client.call('assigned', [number, positions]) }),
      ...(hasRevoked && { revoked: (partitions) => client.call('revoked', [number, partitions]) }),
    });
    this.consumers.set(number, { consumer, seek: 0 });
    // Nobody would close it any more.
    if (client.closed) void this.leave(number);
    return consumer.id;
  }

  private async poll(number: number, spare: ArrayBuffer | undefined): Promise<Transferred<Polled> | null> {
    const served = this.consumers.get(number);
    const batches = await served?.consumer.poll();
    if (served === undefined || !batches) return null;
    const packed = packBatches(batches, spare);
    return new Transferred({ ...packed, seek: served.seek }, [packed.buffer]);
  }

  private async leave(number: number): Promise<void> {
    await this.consumers.get(number)?.consumer.close();
    this.consumers.delete(number);
  }

  private leaveAll(): void {
    // What they would do at the end can't be done any more, and rejects: they have left all the same.
    for (const number of [...this.consumers.keys()]) this.leave(number).catch(() => {});
  }
}
