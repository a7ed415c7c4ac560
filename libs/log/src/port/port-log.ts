import type { MessagePort } from 'node:worker_threads';
import { Calls } from '#libs/port';
import type { RecordBatch } from '../batch.js';
import type {
  Appended,
  ConsumeOptions,
  Consumer,
  GroupDescription,
  GroupPosition,
  Log,
  LogRecord,
  ReadOptions,
  TopicDescription,
  TopicOptions,
} from '../log.js';
import { type CallbackMethods, type LogMethods, orUnavailable, reviveLogError } from './methods.js';
import { packRecords, unpackBatches } from './packed.js';
import { PortConsumer } from './port-consumer.js';

/**
 * The log that another thread has open and offers with `serveLog` at the other end of the port. Closing it closes its
 * consumers and the port; the log itself is closed by whoever opened it. Once that thread is gone everything rejects with
 * LOG_UNAVAILABLE.
 */
export function openPortLog(port: MessagePort): Log {
  return new PortLog(port);
}

class PortLog implements Log {
  private readonly server: Calls<LogMethods, CallbackMethods>;
  private readonly consumers = new Map<number, PortConsumer>();
  private numbers = 0;
  private closing: Promise<void> | undefined;

  constructor(port: MessagePort) {
    const methods: CallbackMethods = {
      assigned: async (number, partitions) => this.consumers.get(number)?.assigned(partitions),
      revoked: async (number, partitions) => this.consumers.get(number)?.revoked(partitions),
    };
    this.server = new Calls(port, methods, { revive: reviveLogError });
  }

  createTopic(topic: string, options: TopicOptions): Promise<string[]> {
    return this.call('createTopic', topic, options);
  }

  topics(): Promise<string[]> {
    return this.call('topics');
  }

  describe(topic: string): Promise<TopicDescription> {
    return this.call('describe', topic);
  }

  ends(topics: readonly string[]): Promise<number[][]> {
    return this.call('ends', topics);
  }

  async append(topic: string, records: readonly LogRecord[]): Promise<Appended> {
    const packed = packRecords(records);
    return orUnavailable(this.server.call('append', [topic, packed], [packed.buffer]));
  }

  async read(topic: string, partition: number, offset: number, options?: ReadOptions): Promise<RecordBatch> {
    return unpackBatches(await this.call('read', topic, partition, offset, options))[0];
  }

  offsetAt(topic: string, partition: number, time: number): Promise<number> {
    return this.call('offsetAt', topic, partition, time);
  }

  async consume(group: string, topics: readonly string[], options: ConsumeOptions = {}): Promise<Consumer> {
    const { assigned, revoked, ...plain } = options;
    const number = ++this.numbers;
    const left = () => this.consumers.delete(number);
    const consumer = new PortConsumer(number, this.server, options, left);
    this.consumers.set(number, consumer);
    try {
      const given = { ...plain, hasAssigned: assigned !== undefined, hasRevoked: true };
      consumer.id = await this.call('consume', number, group, topics, given);
      return consumer;
    } catch (error) {
      left();
      throw error;
    }
  }

  groups(): Promise<string[]> {
    return this.call('groups');
  }

  describeGroup(group: string): Promise<GroupDescription> {
    return this.call('describeGroup', group);
  }

  resetGroup(group: string, positions: readonly Omit<GroupPosition, 'metadata'>[]): Promise<void> {
    return this.call('resetGroup', group, positions);
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  private async leave(): Promise<void> {
    await Promise.allSettled([...this.consumers.values()].map((consumer) => consumer.close()));
    await this.server.close();
  }

  private call<K extends keyof LogMethods>(name: K, ...args: Parameters<LogMethods[K]>) {
    return orUnavailable(this.server.call(name, args as never));
  }
}
