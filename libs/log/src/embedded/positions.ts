import { mkdir } from 'node:fs/promises';
import { LogError } from '../errors.js';
import type { GroupPosition, LogRecord } from '../log.js';
import { Backlog } from './backlog.js';
import type { Journal } from './journal.js';
import { JournalReader } from './reader.js';
import { RecordedOrder } from './recorded-order.js';
import { recordBytes } from './records.js';
import { openJournal } from './recovery.js';
import type { Engine } from './topic.js';
import { JournalWriter } from './writer.js';

/** Past this size, and past this many times what the last snapshot took, the journal is begun anew. */
const compactBytesMin = 4 * 1024 * 1024;
const compactFactor = 4;

/**
 * Committed positions of consumer groups, in a journal of their own with one partition: key [group, topic, partition],
 * value {offset, metadata}, the newest wins. Once the journal is mostly history, all positions are written to a new
 * segment and the older ones go.
 */
export class Positions {
  readonly #groups = new Map<string, Map<string, GroupPosition>>();
  #compactAtBytes = compactBytesMin;
  readonly #writing = new Set<Promise<void>>();
  #compacting: Promise<void> | undefined;

  private constructor(
    private readonly journal: Journal,
    private readonly writer: JournalWriter,
  ) {}

  static async open({ limits, cache }: Engine, folder: string): Promise<Positions> {
    await mkdir(folder, { recursive: true });
    const settings = { name: 'consumer positions', folder, partitions: 1, options: '{}', codec: 'none' as const };
    const { journal, sealLast } = await openJournal(settings, limits, cache, new RecordedOrder(limits.clock));
    const writer = new JournalWriter(journal, new Backlog(limits.waitingBytesMax), sealLast);
    const positions = new Positions(journal, writer);
    await positions.#replay();
    return positions;
  }

  groups(): string[] {
    return [...this.#groups.keys()];
  }

  of(group: string): GroupPosition[] {
    return [...(this.#groups.get(group)?.values() ?? [])];
  }

  get(group: string, topic: string, partition: number): GroupPosition | undefined {
    return this.#groups.get(group)?.get(`${topic}/${partition}`);
  }

  /** Resolves when the positions are durable. */
  async commit(group: string, positions: readonly GroupPosition[]): Promise<void> {
    if (positions.length === 0) return;
    while (this.#compacting) await this.#compacting;
    const writing = this.#write(positions.map((position) => this.#record(group, position)));
    this.#writing.add(writing);
    try {
      await writing;
    } finally {
      this.#writing.delete(writing);
    }
    for (const position of positions) this.#keep(group, position);
    if (this.journal.bytes > this.#compactAtBytes) {
      this.#compacting ??= this.#compact().finally(() => {
        this.#compacting = undefined;
      });
    }
  }

  #keep(group: string, position: GroupPosition): void {
    const positions = this.#groups.get(group) ?? new Map<string, GroupPosition>();
    this.#groups.set(group, positions.set(`${position.topic}/${position.partition}`, position));
  }

  #record(group: string, { topic, partition, offset, metadata }: GroupPosition): LogRecord {
    return {
      key: Buffer.from(JSON.stringify([group, topic, partition])),
      value: Buffer.from(JSON.stringify({ offset, metadata })),
      time: this.journal.limits.clock.now(),
    };
  }

  async #write(records: readonly LogRecord[]): Promise<void> {
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
    await this.writer.append(records, new Int32Array(records.length), bytes);
  }

  /** New commits wait meanwhile. A failure leaves the journal longer than it need be, no more. */
  async #compact(): Promise<void> {
    await Promise.allSettled(this.#writing);
    const records = this.groups().flatMap((group) => this.of(group).map((position) => this.#record(group, position)));
    try {
      this.writer.roll();
      await this.#write(records);
      await this.writer.dropSealed();
      this.#compactAtBytes = Math.max(compactBytesMin, this.journal.bytes * compactFactor);
    } catch {
      this.#compactAtBytes = this.journal.bytes * 2;
    }
  }

  async #replay(): Promise<void> {
    const reader = new JournalReader(this.journal);
    let offset = this.journal.earliest(0);
    while (offset < this.journal.next[0]) {
      try {
        const batch = await reader.read(0, offset);
        for (let i = 0; i < batch.count; i++) {
          const [group, topic, partition] = JSON.parse(String(batch.key(i)));
          this.#keep(group, { topic, partition, ...JSON.parse(String(batch.value(i))) });
        }
        offset = batch.nextOffset;
      } catch (error) {
        if (!(error instanceof LogError) || error.code !== 'LOG_CORRUPT') throw error;
        const { file, position, nextReadable } = error.facts as {
          file: string;
          position: number;
          nextReadable: number;
        };
        this.journal.limits.onDamage({ kind: 'damaged', file, position, bytes: 0 });
        offset = nextReadable;
      }
    }
  }

  async close(): Promise<void> {
    await this.#compacting;
    await this.writer.close();
  }
}
