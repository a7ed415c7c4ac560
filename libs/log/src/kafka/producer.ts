import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionPool, initProducerIdV4 } from '@platformatic/kafka';
import { LogError } from '../errors.js';
import type { Appended, LogRecord } from '../log.js';
import type { Cluster } from './cluster.js';
import { BrokerError, checkCode, codes, isPassing, reasonOf, unavailable } from './failures.js';
import { type Call, Lane, type ProducerId, type Sending, tryShareMin } from './lane.js';
import { indexesByPartition, type ProduceAnswer, produce } from './produce.js';
import { BatchWriter } from './record-writer.js';

/** A batch on its way: by the time of the answer its lane may have given it up. */
interface Sent {
  lane: Lane;
  sending: Sending;
}

/** One request holds at most this much, before compression. */
const requestBytesMax = 8 * 1024 * 1024;
const pauseMs = 100;
const sweepMs = 250;

/**
 * Writes by group commit, as the embedded log does: whatever waits for the partitions of one broker goes there in one
 * request, acknowledged by all in-sync replicas, and the next one gathers meanwhile. At most one request per broker is
 * under way, so batches of a partition never overtake each other; the brokers drop what reaches them twice.
 */
export class Producer {
  readonly #pool: ConnectionPool;
  readonly #writer: BatchWriter;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that have something to send or on its way. */
  readonly #active = new Set<Lane>();
  readonly #busyNodes = new Set<number>();
  #identity: Promise<ProducerId> | undefined;
  #waitingBytes = 0;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(private readonly cluster: Cluster) {
    this.#pool = cluster.connections();
    this.#writer = new BatchWriter(cluster.limits.compression);
  }

  /** See `Log.append`; `topic` with its prefix. `partitions` says where each record goes, `bytes` how much they take. */
  append(
    topic: string,
    records: readonly LogRecord[],
    partitions: Int32Array,
    bytes: number,
    recordedAt: number,
  ): Promise<Appended> {
    const { waitingBytesMax } = this.cluster.limits;
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > waitingBytesMax) {
      const message = `${this.#waitingBytes} bytes wait for the brokers, the most allowed. Try again in a moment.`;
      const facts = { waitingBytes: this.#waitingBytes, waitingBytesMax };
      return Promise.reject(new LogError('LOG_BUSY', message, facts));
    }
    this.#waitingBytes += bytes;
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    const offsets = new Float64Array(records.length);
    const call: Call = {
      records,
      partitions,
      offsets,
      recordedAt,
      bytes,
      open: 0,
      failure: undefined,
      resolve,
      reject,
    };
    const nowMs = performance.now();
    for (const [partition, indexes] of indexesByPartition(partitions)) {
      const lane = this.#lane(topic, partition);
      call.open++;
      lane.push(call, indexes, nowMs);
      this.#active.add(lane);
    }
    this.#schedule();
    this.#timer ??= setInterval(() => this.#sweep(), sweepMs);
    return promise;
  }

  #lane(topic: string, partition: number): Lane {
    const key = `${topic}/${partition}`;
    let lane = this.#lanes.get(key);
    if (!lane) this.#lanes.set(key, (lane = new Lane(topic, partition)));
    return lane;
  }

  /** The turn of the event loop that brought one append usually brings more. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#dispatch();
    });
  }

  /** Sends what waits to every broker that is not busy. */
  async #dispatch(): Promise<void> {
    const nowMs = performance.now();
    const byNode = new Map<number, Lane[]>();
    for (const lane of this.#active) {
      if (lane.sending && lane.sending.notBeforeMs > nowMs) continue;
      const node = this.cluster.known(lane.topic)?.leaders[lane.partition] ?? -1;
      if (this.#busyNodes.has(node)) continue;
      const lanes = byNode.get(node);
      if (lanes) lanes.push(lane);
      else byNode.set(node, [lane]);
    }
    for (const [node, lanes] of byNode) void this.#sendTo(node, lanes);
  }

  async #sendTo(node: number, lanes: readonly Lane[]): Promise<void> {
    this.#busyNodes.add(node);
    let sent: Sent[] = [];
    try {
      if (lanes.some((lane) => !lane.sending && !lane.producer)) await this.#identify(lanes);
      sent = this.#fill(lanes);
      const connection = await this.cluster.connection(node, this.#pool);
      const wanted = stillSent(sent);
      if (wanted.length === 0) return;
      this.#settle(sent, await produce(connection, wanted, this.cluster.limits.patienceMs));
    } catch (error) {
      this.#tryAgain(sent.length > 0 ? stillSent(sent) : lanes, error);
      await sleep(pauseMs);
    } finally {
      this.#busyNodes.delete(node);
      if (this.#active.size > 0) this.#schedule();
      else this.#rest();
    }
  }

  async #identify(lanes: readonly Lane[]): Promise<void> {
    this.#identity ??= this.cluster.patiently('give this producer an identity', async () => {
      const { errorCode, producerId, producerEpoch } = await this.cluster.askAny(initProducerIdV4.api, null, 60_000);
      checkCode(errorCode);
      return { id: producerId, epoch: producerEpoch };
    });
    const asked = this.#identity;
    try {
      const identity = await asked;
      for (const lane of lanes) if (!lane.sending && !lane.producer) lane.begin(identity);
    } catch (error) {
      if (this.#identity === asked) this.#identity = undefined;
      throw error;
    }
  }

  #fill(lanes: readonly Lane[]): Sent[] {
    const { batchBytesMax, patienceMs } = this.cluster.limits;
    const nowMs = performance.now();
    const sent: Sent[] = [];
    let bytes = 0;
    for (const lane of lanes) {
      if (bytes > requestBytesMax) break;
      // Nothing waits any more where it has expired in the meantime.
      if (!lane.sending && !lane.hasWaiting) continue;
      if (!lane.sending) lane.fill(this.#writer, batchBytesMax, nowMs, patienceMs);
      const sending = lane.sending as Sending;
      bytes += sending.bytes.length;
      sent.push({ lane, sending });
    }
    return sent;
  }

  #settle(sent: readonly Sent[], { responses }: ProduceAnswer): void {
    const answers = new Map(
      responses.flatMap(({ name, partitionResponses }) =>
        partitionResponses.map((response) => [`${name}/${response.index}`, response] as const),
      ),
    );
    for (const lane of stillSent(sent)) {
      const answer = answers.get(`${lane.topic}/${lane.partition}`);
      if (answer?.errorCode === 0) this.#answer(lane, lane.stored(Number(answer.baseOffset)));
      else this.#refused(lane, new BrokerError(answer?.errorCode ?? -1, answer?.errorMessage));
    }
  }

  #refused(lane: Lane, error: BrokerError): void {
    const sending = lane.sending as Sending;
    const { code } = error;
    const forgotten = code === codes.outOfOrderSequence || code === codes.unknownProducer;
    if (forgotten || code === codes.invalidProducerEpoch || code === codes.duplicateSequence) {
      // The brokers no longer know what they had from us. What may be stored already is not sent as something new.
      this.#giveUp(lane, error);
    } else if (code === codes.messageTooLarge || code === codes.recordListTooLarge) {
      const message = `Kafka refuses a batch of ${sending.bytes.length} bytes for ${lane.topic}: raise its max.message.bytes.`;
      this.#giveUp(lane, new LogError('LOG_RECORD_TOO_LARGE', message, { topic: lane.topic }));
    } else if (code === codes.invalidRecord || code === codes.invalidTimestamp) {
      const message = `Kafka refuses records of ${lane.topic} (${error.message}).`;
      this.#giveUp(lane, new LogError('LOG_RECORD_INVALID', message, { topic: lane.topic }));
    } else {
      this.#tryAgain([lane], error);
    }
  }

  #tryAgain(lanes: readonly Lane[], error: unknown): void {
    const nowMs = performance.now();
    this.cluster.problem('store records', error as Error);
    for (const lane of lanes) {
      const { sending } = lane;
      if (!sending) continue;
      sending.notBeforeMs = nowMs + pauseMs;
      if (!isPassing(error) || sending.untilMs < nowMs + pauseMs) this.#giveUp(lane, error);
    }
    if (!isPassing(error)) this.#expire(lanes, Number.POSITIVE_INFINITY, error);
    void this.#refresh([...new Set(lanes.map(({ topic }) => topic))]);
  }

  async #refresh(topics: readonly string[]): Promise<void> {
    try {
      const there = await this.cluster.refresh(topics);
      const names = new Set(there.map(({ name }) => name));
      for (const lane of this.#active) {
        if (names.has(lane.topic) || !topics.includes(lane.topic)) continue;
        const message = `There is no topic ${lane.topic} any more. Create it first.`;
        const gone = new LogError('LOG_TOPIC_UNKNOWN', message, { topic: lane.topic });
        if (lane.sending) this.#giveUp(lane, gone);
        this.#expire([lane], Number.POSITIVE_INFINITY, gone);
      }
    } catch {
      // No broker answers: the next try says so.
    }
  }

  #giveUp(lane: Lane, error: unknown): void {
    this.#identity = undefined;
    this.#answer(lane, lane.failed(failureOf(lane.topic, error)));
  }

  #answer(lane: Lane, calls: readonly Call[]): void {
    // To the end of the line, so that every lane gets its turn.
    this.#active.delete(lane);
    if (!lane.idle) this.#active.add(lane);
    for (const call of calls) {
      call.open--;
      if (call.open > 0) continue;
      this.#waitingBytes -= call.bytes;
      if (call.failure) call.reject(call.failure);
      else call.resolve({ partitions: call.partitions, offsets: call.offsets });
    }
  }

  /** Gives up what has waited too long, for brokers that are away or hang. */
  #sweep(): void {
    const nowMs = performance.now();
    const away = new BrokerError(7, 'no broker took it in time');
    const overdue = [...this.#active].filter(({ sending }) => sending && sending.untilMs < nowMs);
    if (overdue.length > 0) this.#tryAgain(overdue, away);
    this.#expire([...this.#active], nowMs - this.cluster.limits.patienceMs * (1 - tryShareMin), away);
    this.#schedule();
    if (this.#active.size === 0) this.#rest();
  }

  #expire(lanes: Iterable<Lane>, beforeMs: number, error: unknown): void {
    for (const lane of lanes) {
      const calls = lane.expire(beforeMs);
      for (const call of calls) call.failure ??= failureOf(lane.topic, error);
      this.#answer(lane, calls);
    }
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#drained?.resolve();
  }

  /** Resolves once all that was appended is answered for. */
  async drain(): Promise<void> {
    if (this.#active.size === 0) return;
    this.#drained ??= Promise.withResolvers<void>();
    await this.#drained.promise;
  }
}

/** Lanes that have not given their batch up meanwhile. */
const stillSent = (sent: readonly Sent[]): Lane[] =>
  sent.flatMap(({ lane, sending }) => (lane.sending === sending ? [lane] : []));

function failureOf(topic: string, error: unknown): LogError {
  if (error instanceof LogError) return error;
  const { code } = error as Partial<BrokerError>;
  return unavailable(`store records of ${topic}`, error, { topic, reason: code ?? reasonOf(error) });
}
