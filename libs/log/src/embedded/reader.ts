import type { RecordBatch } from '../batch.js';
import { LogError } from '../errors.js';
import type { ReadOptions } from '../log.js';
import type { Block } from './block.js';
import type { Blocks } from './blocks.js';
import type { Frame } from './frame.js';
import type { Journal } from './journal.js';
import { batchOf, firstAtOrAfter, type Piece } from './records.js';
import type { Segment } from './segment.js';

const bytesMaxDefault = 1024 * 1024;

/** A block that should hold the record at some offset. */
interface Place {
  segment: Segment;
  blocks: Blocks;
  index: number;
}

/** Reads what a journal holds: batches from an offset on, and offsets by event time. */
export class JournalReader {
  constructor(private readonly journal: Journal) {}

  /** See `Log.read`. `end`: nothing from there on is read; default: all that is durable now. */
  async read(partition: number, offset: number, options: ReadOptions = {}, end?: number): Promise<RecordBatch> {
    this.#checkOffset(partition, offset);
    const until = end ?? this.journal.next[partition];
    const pieces = await this.#collect(partition, offset, until, options);
    const last = pieces.at(-1);
    const nextOffset = last ? last.frame.base + last.to : offset;
    const topic = this.journal.settings.name;
    return batchOf({ topic, partition, nextOffset, atEnd: nextOffset >= until }, pieces);
  }

  #checkOffset(partition: number, offset: number): void {
    const earliest = this.journal.earliest(partition);
    const next = this.journal.next[partition];
    const facts = { topic: this.journal.settings.name, partition, wanted: offset };
    const where = `${facts.topic}/${partition}`;
    if (!(offset >= earliest)) {
      const message = `Offset ${offset} of ${where} was deleted by retention. Read on from ${earliest}.`;
      throw new LogError('LOG_OFFSET_EXPIRED', message, { ...facts, earliest });
    }
    if (offset > next) {
      const message = `Offset ${offset} of ${where} does not exist yet: the next record gets ${next}.`;
      throw new LogError('LOG_OFFSET_BEYOND', message, { ...facts, next });
    }
  }

  /** Frames in order from the offset on, up to the limits, the end, or damage. Damage at the offset itself rejects. */
  async #collect(partition: number, offset: number, until: number, options: ReadOptions): Promise<Piece[]> {
    const { bytesMax = bytesMaxDefault, recordsMax = Number.POSITIVE_INFINITY } = options;
    const pieces: Piece[] = [];
    let bytes = 0;
    let cursor = offset;
    const last = () => bytes >= bytesMax || cursor - offset >= recordsMax || cursor >= until;
    while (!last()) {
      const block = await this.#blockOf(await this.#locate(partition, cursor), partition, cursor);
      const frames = block?.frames(partition) ?? [];
      const before = cursor;
      for (let i = block?.find(partition, cursor) ?? 0; i < frames.length && !last(); i++) {
        const frame = frames[i];
        if (frame.base > cursor || !frame.sound) break;
        const to = Math.min(frame.count, offset + recordsMax - frame.base, until - frame.base);
        pieces.push({ frame, from: cursor - frame.base, to });
        bytes += frame.decodedBytes;
        cursor = frame.base + to;
      }
      if (cursor === before) break;
    }
    if (pieces.length === 0 && cursor < until) throw await this.#corrupt(partition, cursor);
    return pieces;
  }

  /** Where the offset should lie; undefined where no segment holds it. */
  async #locate(partition: number, offset: number): Promise<Place | undefined> {
    const { segments } = this.journal;
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (segments[middle].next[partition] > offset) high = middle;
      else low = middle + 1;
    }
    const segment = segments[low];
    if (!segment) return undefined;
    const blocks = segment.blocks ?? (await this.journal.blocks(segment));
    return { segment, blocks, index: blocks.find(partition, offset) };
  }

  async #blockOf(place: Place | undefined, partition: number, offset: number): Promise<Block | undefined> {
    if (!place || place.index >= place.blocks.count) return undefined;
    const block = await this.journal.block(place.segment, place.blocks, place.index);
    if (offset < this.journal.earliest(partition)) this.#checkOffset(partition, offset);
    return block;
  }

  /** The error for an offset that can't be read: what is damaged, and from where on records can be read again. */
  async #corrupt(partition: number, offset: number): Promise<LogError> {
    const { name } = this.journal.settings;
    const damaged = await this.#damageAt(partition, offset);
    const nextReadable = await this.#nextReadable(partition, offset);
    const lost = nextReadable - offset;
    const message =
      `${damaged.file} is damaged at byte ${damaged.position}: ${lost} records of ${name}/${partition} ` +
      `from offset ${offset} on are lost. Read on from ${nextReadable}, or restore the file from a copy.`;
    return new LogError('LOG_CORRUPT', message, { topic: name, partition, wanted: offset, ...damaged, nextReadable });
  }

  async #damageAt(partition: number, offset: number): Promise<{ file: string; position: number }> {
    const place = await this.#locate(partition, offset);
    const block = await this.#blockOf(place, partition, offset);
    if (!place || !block || offset < place.segment.base[partition]) {
      const before = this.journal.segments.findLast((segment) => segment.next[partition] <= offset);
      const segment = before ?? this.journal.segments[0];
      return { file: segment.path, position: segment.bytes };
    }
    const file = place.segment.path;
    const index = block.find(partition, offset);
    const frame: Frame | undefined = block.frames(partition)[index];
    if (frame && frame.base <= offset) return { file, position: frame.position };
    const from = block.frames(partition)[index - 1]?.position ?? 0;
    const range = block.damage.find((each) => each.position >= from);
    return { file, position: range?.position ?? place.blocks.start(place.index) };
  }

  /** The first offset after `offset` that can be read; the next offset when all the rest is damaged. */
  async #nextReadable(partition: number, offset: number): Promise<number> {
    for await (const frame of this.#framesFrom(partition, offset)) {
      if (frame.base > offset && frame.sound) return frame.base;
    }
    return this.journal.next[partition];
  }

  async *#framesFrom(partition: number, offset: number): AsyncGenerator<Frame> {
    const end = this.journal.next[partition];
    let cursor = offset;
    while (cursor < end) {
      const place = await this.#locate(partition, cursor);
      const block = await this.#blockOf(place, partition, cursor);
      if (!place || !block) return;
      yield* block.frames(partition).slice(block.find(partition, cursor));
      cursor = place.blocks.next(place.index, partition);
    }
  }

  /** See `Log.offsetAt`. */
  async offsetAt(partition: number, time: number): Promise<number> {
    for (const segment of [...this.journal.segments]) {
      if (!(segment.timeMax[partition] >= time)) continue;
      const blocks = await this.journal.blocks(segment);
      for (let index = 0; index < blocks.count; index++) {
        if (!(blocks.timeMax(index, partition) >= time)) continue;
        const block = await this.journal.block(segment, blocks, index);
        for (const frame of block.frames(partition)) {
          if (!(frame.timeMax >= time)) continue;
          // A damaged frame may hold the record: reading from there tells, rather than skipping it here.
          return frame.sound ? frame.base + firstAtOrAfter(frame, time) : frame.base;
        }
      }
    }
    return this.journal.next[partition];
  }
}
