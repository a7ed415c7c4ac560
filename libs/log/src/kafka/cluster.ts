import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  apiVersionsV3,
  type Broker,
  type Connection,
  ConnectionPool,
  findCoordinatorV4,
  metadataV12,
} from '@platformatic/kafka';
import { LogError } from '../errors.js';
import { BrokerError, checkCode, codes, isPassing, unavailable } from './failures.js';
import type { KafkaLimits } from './options.js';

export interface TopicMetadata {
  /** As Kafka knows it, with the prefix. */
  name: string;
  id: string;
  /** Node id of the leader of each partition; -1 while there is none. */
  leaders: readonly number[];
  /** How many copies there are of each partition. */
  copies: readonly number[];
}

/** A request of the client's protocol layer. */
interface Api<A extends unknown[], R> {
  async(connection: Connection, ...args: A): Promise<R>;
}

const pauseMsMin = 50;
const pauseMsMax = 1000;
/** A request that hangs this long takes its connection with it. */
const requestMs = 15_000;
const metadataMs = 30_000;
const consumerGroupHeartbeat = 68;

/**
 * The brokers: who they are, who leads which partition, who coordinates which group, and connections to them. Requests
 * that wait at the broker (fetches of consumers) and those with much data (produce) have connections of their own, since
 * a broker answers one request of a connection after the other.
 */
export class Cluster {
  readonly #pool: ConnectionPool;
  readonly #pools = new Set<ConnectionPool>();
  readonly #bootstrap: readonly Broker[];
  readonly #topics = new Map<string, TopicMetadata & { knownMs: number }>();
  readonly #coordinators = new Map<string, number>();
  #brokers = new Map<number, Broker>();
  #closed = false;

  constructor(readonly limits: KafkaLimits) {
    this.#bootstrap = limits.brokers.map(brokerOf);
    this.#pool = this.connections();
  }

  /** Connections of one's own to any broker, until `drop` or `close`. */
  connections(): ConnectionPool {
    const { tls, sasl } = this.limits;
    const options = { requestTimeout: requestMs, connectTimeout: 5000, maxInflights: 100, tls, sasl };
    // Names, not addresses, may be told to a server that shows one of several certificates.
    const named = this.#bootstrap.every(({ host }) => isIP(host) === 0);
    const pool = new ConnectionPool('weir', { ...options, tlsServerName: tls && named ? true : undefined });
    // A connection that breaks twice would otherwise end the process: the pool listens for its first error only.
    pool.on('connecting', ({ connection }) => connection.on('error', () => {}));
    this.#pools.add(pool);
    return pool;
  }

  async drop(pool: ConnectionPool): Promise<void> {
    this.#pools.delete(pool);
    await pool.close().catch(() => {});
  }

  async connection(node: number, pool: ConnectionPool = this.#pool): Promise<Connection> {
    const broker = this.#brokers.get(node);
    if (!broker) throw new BrokerError(8, `broker ${node} is not there`);
    return pool.get(broker);
  }

  /** Asks one broker. An answer with errors in it comes back as it is: they are the caller's to see. */
  async ask<A extends unknown[], R>(node: number, api: Api<A, R>, ...args: A): Promise<R> {
    return answerOf(api.async(await this.connection(node), ...args));
  }

  /** Asks whichever broker answers first: those that are known, then those that were configured. */
  async askAny<A extends unknown[], R>(api: Api<A, R>, ...args: A): Promise<R> {
    const brokers = [...this.#brokers.values(), ...this.#bootstrap];
    let failure: unknown;
    for (const broker of brokers) {
      try {
        return await answerOf(api.async(await this.#pool.get(broker), ...args));
      } catch (error) {
        failure = error;
        if (this.#closed || !isPassing(error)) break;
      }
    }
    throw failure;
  }

  /** Asks the coordinator of a group. `check` throws where the answer says no. */
  async askCoordinator<R>(group: string, question: (node: number) => Promise<R>): Promise<R> {
    try {
      return await question(await this.#coordinator(group));
    } catch (error) {
      // Whoever moved, left, or does not answer: ask again who it is.
      const known: readonly number[] = [codes.unknownMember, codes.staleMember, codes.fencedMember];
      if (!(error instanceof BrokerError && known.includes(error.code))) this.#coordinators.delete(group);
      throw error;
    }
  }

  async #coordinator(group: string): Promise<number> {
    const known = this.#coordinators.get(group);
    if (known !== undefined) return known;
    const { coordinators } = await this.askAny(findCoordinatorV4.api, 0, [group]);
    const [{ errorCode, errorMessage, nodeId, host, port }] = coordinators;
    checkCode(errorCode, errorMessage);
    this.#brokers.set(nodeId, { host, port });
    this.#coordinators.set(group, nodeId);
    return nodeId;
  }

  /** Tries for `patienceMs`, with pauses that grow; then rejects with LOG_UNAVAILABLE. `what` completes "Kafka did not". */
  async patiently<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const until = performance.now() + this.limits.patienceMs;
    for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
      this.checkOpen();
      try {
        return await within(until - performance.now(), attempt());
      } catch (error) {
        if (!isPassing(error) || this.#closed || performance.now() + pauseMs > until) throw unavailable(what, error);
        this.problem(what, error as Error);
      }
      await sleep(pauseMs);
    }
  }

  /** Tells what is being tried again. That brokers are away is one thing, whatever they were asked. */
  problem(what: string, error: Error): void {
    const answered = error instanceof BrokerError || error instanceof LogError;
    this.limits.onProblem({ what: answered ? what : 'answer', error });
  }

  checkOpen(): void {
    if (this.#closed) throw new LogError('LOG_UNAVAILABLE', 'The log is closed.');
  }

  /** Finds the brokers, and makes sure that they are new enough. */
  open(): Promise<void> {
    return this.patiently(`answer at ${this.limits.brokers.join(', ')}`, async () => {
      const { apiKeys } = await this.askAny(apiVersionsV3.api, 'weir', '1');
      if (!apiKeys.some(({ apiKey }) => apiKey === consumerGroupHeartbeat)) {
        const message = 'These brokers are too old: Weir needs Apache Kafka 4.0 or later.';
        throw new LogError('LOG_UNAVAILABLE', message, { brokers: this.limits.brokers });
      }
      await this.refresh([]);
    });
  }

  /** Asks for the brokers and these topics; of `null`, for all topics. Topics that are not there are left out. */
  async refresh(names: readonly string[] | null): Promise<TopicMetadata[]> {
    const { brokers, topics } = await this.askAny(metadataV12.api, names === null ? null : [...names], false);
    this.#brokers = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    for (const name of names ?? []) this.#topics.delete(name);
    return topics.flatMap(({ name, topicId, partitions, errorCode, isInternal }) => {
      if (!name || isInternal || errorCode === codes.unknownTopic) return [];
      checkCode(errorCode);
      const leaders: number[] = new Array(partitions.length).fill(-1);
      for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId;
      const copies = partitions.map(({ replicaNodes }) => replicaNodes.length);
      const topic = { name, id: topicId, leaders, copies, knownMs: performance.now() };
      this.#topics.set(name, topic);
      return [topic];
    });
  }

  /** The topic as it was known last, if ever: nothing is asked. */
  known(name: string): TopicMetadata | undefined {
    return this.#topics.get(name);
  }

  /** The topic if it was ever asked for; when that was long ago, it is asked for again meanwhile. */
  peek(name: string): TopicMetadata | undefined {
    const known = this.#topics.get(name);
    if (known && performance.now() - known.knownMs > metadataMs) {
      known.knownMs = performance.now();
      this.refresh([name]).catch(() => {});
    }
    return known;
  }

  /** The topic; undefined where there is none. */
  async topic(name: string): Promise<TopicMetadata | undefined> {
    const ask = () => this.patiently(`say whether there is a topic ${name}`, () => this.refresh([name]));
    return this.peek(name) ?? (await ask())[0];
  }

  get nodes(): number[] {
    return [...this.#brokers.keys()];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools].map((pool) => this.drop(pool)));
  }
}

function brokerOf(address: string): Broker {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}

/** The client rejects where an answer holds errors, and hangs the answer on it. */
export async function answerOf<R>(asking: Promise<R>): Promise<R> {
  try {
    return await asking;
  } catch (error) {
    const { response } = error as { response?: R };
    if (response !== undefined && response !== null) return response;
    throw error;
  }
}

async function within<T>(ms: number, doing: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new BrokerError(7, 'no answer in time')), Math.max(ms, 1));
  try {
    return await Promise.race([doing, promise]);
  } finally {
    clearTimeout(timer);
  }
}
