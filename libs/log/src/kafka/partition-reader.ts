import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionPool } from '@platformatic/kafka';
import type { RecordBatch } from '../batch.js';
import { LogError } from '../errors.js';
import type { Cluster } from './cluster.js';
import { checkCode, codes } from './failures.js';
import { type Found, fetchRecords } from './fetch.js';
import { batchFrom, bytesOf, joinBatches, withEnd } from './join-batches.js';
import { partitionKey, type TopicPartition } from './membership.js';
import { offsetProblem } from './read.js';
import { bytesNeeded, type FetchedPartition, type ReadLimits, readFetched } from './record-reader.js';
import type { Topics } from './topics.js';

/**
 * A partition that is read:
 *
 *   open ──asked, records──▶ ready ──taken──▶ open
 *   open ──asked, nothing──▶ end ──another batch was taken, or records came──▶ open or ready
 */
export interface Held extends TopicPartition {
  /** The topic without its prefix. */
  name: string;
  /** Of its membership when it was taken up. */
  incarnation: number;
  compacted: boolean;
  position: number;
  /** First offset not readable when the brokers last answered. */
  end: number;
  /** When they were asked for that. */
  askedAt: number;
  paused: boolean;
  state: 'open' | 'ready' | 'end';
  batch: RecordBatch | undefined;
  /** What was given out last: its reader may want it, or the rest of it, again. */
  given: RecordBatch | undefined;
  /** What is to be given once more, before the batch. */
  again: RecordBatch | undefined;
  failure: LogError | undefined;
  /** Stored batches that came and have not been decoded. */
  rest: FetchedPartition | undefined;
  /** Bytes that the next stored batch needs, where the brokers cut it short. */
  needs: number;
  /** Changes with every seek: what was asked before is then not wanted. */
  version: number;
}

/** A partition of which nothing has come. */
export const nothing = {
  state: 'open',
  batch: undefined,
  given: undefined,
  again: undefined,
  failure: undefined,
  rest: undefined,
} as const;

const needsMin = 256 * 1024;
const needsMax = 64 * 1024 * 1024;
const waitMs = 500;
const pauseMs = 200;

/**
 * Reads the partitions of one consumer. A batch is given out only once every partition has answered: so what comes
 * together is as of one moment, as nearly as several brokers have one. The next batches are fetched meanwhile.
 */
export class PartitionReader {
  readonly held = new Map<string, Held>();
  readonly #pool: ConnectionPool;
  /** Brokers that have not answered yet; those that wait for new records among them. */
  readonly #asked = new Map<number, { waiting: boolean }>();
  #closed = false;
  /** Of what `take` gave: whatever could be read at this moment is in it, or behind a batch that is not at its end. */
  asOf = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly topics: Topics,
    private readonly limits: ReadLimits,
    /** Called when a broker has answered. */
    private readonly answered: () => void,
  ) {
    this.#pool = cluster.connections();
  }

  /** To within what was given out last: that is kept, and so is what has come or comes behind it. */
  seek(held: Held, offset: number): void {
    const { given } = held;
    if (given && offset >= given.offset(0) && offset <= given.offset(given.count - 1)) {
      held.again = batchFrom(given, offset);
      return;
    }
    held.version++;
    held.position = offset;
    Object.assign(held, nothing);
  }

  /** The batches that are ready, and none unless all partitions have answered; throws where one can't be read. */
  take(): RecordBatch[] {
    const reading = this.#reading();
    // What lies before the failure is given first.
    const failed = reading.find(({ failure, again }) => failure && !again);
    if (failed) {
      const failure = failed.failure as LogError;
      failed.paused = true;
      failed.failure = undefined;
      failed.state = 'open';
      throw failure;
    }
    if (reading.some(({ state, failure }) => state === 'open' && !failure)) return [];
    const ready = reading.filter(isReady).sort(compare);
    if (ready.length === 0) return [];
    const share = this.#shares(reading).behind;
    for (const held of reading) held.given = undefined;
    const batches = ready.map((held) => (held.given = this.#give(held, share)));
    this.asOf = Math.min(...reading.filter(({ given }) => given?.atEnd !== false).map(({ askedAt }) => askedAt));
    for (const held of reading) {
      if (held.state === 'ready' || (held.state === 'end' && this.#isWaiting(held))) continue;
      held.state = 'open';
    }
    this.#prefetch(reading);
    return batches;
  }

  /** What is wanted again and what came behind it, as long as that is about one share. */
  #give(held: Held, share: number): RecordBatch {
    const { again, batch, state } = held;
    held.again = undefined;
    if (!batch) return withEnd(again as RecordBatch, state === 'end');
    const { recordsMax } = this.limits;
    if (again && (bytesOf(again) >= share || again.count + batch.count > recordsMax)) {
      // By the time it is given, the others are newer.
      held.batch = withEnd(batch, false);
      return withEnd(again, false);
    }
    held.position = batch.nextOffset;
    held.batch = undefined;
    held.state = 'open';
    return again ? joinBatches(again, batch) : batch;
  }

  #reading(): Held[] {
    return [...this.held.values()].filter(({ paused }) => !paused);
  }

  #leader({ topic, partition }: TopicPartition): number {
    return this.cluster.known(topic)?.leaders[partition] ?? -1;
  }

  #isWaiting(held: Held): boolean {
    return this.#asked.get(this.#leader(held))?.waiting ?? false;
  }

  /** Asks for what is open and has not come yet. The rest of what has is decoded when it is wanted. */
  #prefetch(reading: readonly Held[]): void {
    const open = reading.filter(({ state, rest, failure }) => state === 'open' && !rest && !failure);
    if (open.length > 0) this.#askFor(open, this.#shares(reading), 0);
  }

  /** Asks for what is open; where nothing is open and nothing ready, lets the brokers wait for new records. */
  ask(): void {
    const reading = this.#reading();
    const shares = this.#shares(reading);
    for (const held of reading)
      if (held.state === 'open' && held.rest) this.#decode(held, held.rest, shares.behind, true);
    const open = reading.filter(({ state }) => state === 'open');
    if (open.length > 0) this.#askFor(open, shares, 0);
    else if (!reading.some(isReady)) this.#askFor(reading, shares, waitMs);
    else this.answered();
  }

  /** Bytes for each partition that is known to have records, and for each of the others. */
  #shares(reading: readonly Held[]): { behind: number; others: number } {
    const behind = reading.filter(({ position, end }) => position < end).length;
    const share = (count: number): number => Math.max(1, Math.floor(this.limits.bytesMax / Math.max(count, 1)));
    return { behind: share(behind), others: share(reading.length) };
  }

  #askFor(partitions: readonly Held[], shares: { behind: number; others: number }, wait: number): void {
    const byLeader = Map.groupBy(partitions, (held) => this.#leader(held));
    for (const [node, held] of byLeader) {
      if (!this.#asked.has(node)) void this.#askNode(node, held, shares, wait);
    }
  }

  async #askNode(node: number, held: Held[], shares: { behind: number; others: number }, wait: number): Promise<void> {
    this.#asked.set(node, { waiting: wait > 0 });
    const wanted = held.map((each) => ({
      topic: each.topic,
      partition: each.partition,
      offset: each.position,
      bytesMax: Math.max(each.needs, each.position < each.end ? shares.behind : shares.others),
    }));
    const versions = held.map(({ version }) => version);
    const askedAt = this.cluster.limits.clock.now();
    try {
      const connection = await this.cluster.connection(node, this.#pool);
      const found = await fetchRecords(connection, wait, wanted);
      await this.#accept(held, versions, found, shares.behind, askedAt);
    } catch (error) {
      if (this.#closed) return;
      this.cluster.problem('give records', error as Error);
      await this.cluster.refresh([...new Set(held.map(({ topic }) => topic))]).catch(() => {});
      await sleep(pauseMs);
    } finally {
      this.#asked.delete(node);
      this.answered();
    }
  }

  async #accept(
    held: Held[],
    versions: number[],
    found: readonly Found[],
    bytesMax: number,
    askedAt: number,
  ): Promise<void> {
    const byKey = new Map(found.map((each) => [partitionKey(each), each]));
    let problem = 0;
    for (const [i, each] of held.entries()) {
      const key = partitionKey(each);
      const answer = byKey.get(key);
      if (!answer || each.version !== versions[i] || this.held.get(key) !== each) continue;
      if (answer.errorCode === 0) {
        const { topic, partition, position: from, compacted } = each;
        each.end = answer.end;
        each.askedAt = askedAt;
        this.#decode(
          each,
          { topic, partition, from, end: answer.end, bytes: answer.bytes, compacted },
          bytesMax,
          false,
        );
      } else if (answer.errorCode === codes.offsetOutOfRange) {
        const failure = await offsetProblem(this.topics, each, each.position);
        if (each.version === versions[i]) each.failure = failure;
      } else problem = answer.errorCode;
    }
    checkCode(problem);
  }

  /** `again`: of what came with an earlier batch. Then its end is an old one, and only what lies before it is used. */
  #decode(held: Held, fetched: FetchedPartition, bytesMax: number, again: boolean): void {
    held.rest = undefined;
    const isCut = fetched.bytes.length === 0 && held.position < fetched.end && held.needs < needsMax;
    // Brokers give nothing of a partition whose next batch is larger than was asked for, or a part of it.
    held.needs = isCut ? Math.max(held.needs * 2, needsMin) : bytesNeeded(fetched);
    if (held.needs > 0) return;
    try {
      const { again: kept } = held;
      const limits = {
        bytesMax: bytesMax - (kept ? bytesOf(kept) : 0),
        recordsMax: Math.max(this.limits.recordsMax - (kept?.count ?? 0), 1),
      };
      const { batch, rest } = readFetched({ ...fetched, from: held.position }, held.name, limits);
      if (again && batch.atEnd) return;
      if (rest.length > 0) held.rest = { ...fetched, bytes: rest };
      if (batch.count > 0) {
        held.batch = batch;
        held.state = 'ready';
      } else {
        held.position = batch.nextOffset;
        if (batch.atEnd || fetched.bytes.length === 0) held.state = 'end';
      }
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      held.failure = error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.held.clear();
    await this.cluster.drop(this.#pool);
  }
}

const isReady = ({ state, again }: Held): boolean => state === 'ready' || again !== undefined;

function compare(a: Held, b: Held): number {
  return a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition;
}
