import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Block, DamagedRange } from './block.js';
import { Blocks } from './blocks.js';
import type { Cache } from './cache.js';
import { Chunk } from './chunk.js';
import { type DataFile, isMissing } from './files.js';
import { type Frame, frameAt, frameHeaderBytes, frameSalt } from './frame.js';
import { framePayloadBytesMax } from './group.js';
import { readBlocks, readSummary, writeIndex } from './index-file.js';
import { Journal, type JournalSettings } from './journal.js';
import type { Damage, Limits } from './limits.js';
import type { RecordedOrder } from './recorded-order.js';
import { recordTableBytes } from './records.js';
import { scanFrames } from './scan.js';
import { readSegmentHeader, Segment, segmentFileNumber } from './segment.js';

/**
 * Opens a journal as it was left. Segments are known by their index files, as far as these go: mostly to the end of a
 * sealed one, but the last index of a segment may be missing. What lies behind it is scanned, and what a crash left half
 * written at the end of the last segment is cut off. Damage elsewhere stays where it is, is told, and is met by whoever
 * reads there. `sealLast`: the last segment takes no more frames, being damaged or once followed by another one.
 */
export async function openJournal(
  settings: JournalSettings,
  limits: Limits,
  cache: Cache<Block | Blocks>,
  order: RecordedOrder,
): Promise<{ journal: Journal; sealLast: boolean }> {
  const journal = new Journal(settings, limits, cache, order);
  const names = await readdir(settings.folder);
  for (const name of names) if (name.endsWith('.draft')) await rm(join(settings.folder, name), { force: true });
  const numbers = [...new Set(names.flatMap(segmentFileNumber))].sort((a, b) => a - b);
  let sealLast = false;
  for (const number of numbers) {
    const recovery = new SegmentRecovery(journal, number, number === numbers.at(-1));
    const segment = await recovery.run();
    // Where a segment had been begun, the one before it was full, and its index may not be in memory.
    if (!segment) sealLast = true;
    if (!segment) continue;
    journal.segments.push(segment);
    journal.next.set(segment.next);
    if (!Number.isNaN(segment.recordedLast)) order.notBefore(segment.recordedLast);
    recovery.moveOn(journal.next);
    sealLast = recovery.damaged;
  }
  return { journal, sealLast };
}

/** Finds out what one segment file holds. */
class SegmentRecovery {
  /** The segment holds damage: it takes no more frames. */
  damaged = false;
  /** Damage that no index vouches for. */
  readonly #ranges: DamagedRange[] = [];
  /** Where the newest frame of each partition begins. */
  readonly #newest = new Map<number, number>();
  /** Frames of the newest group: only they can be torn. */
  #held: Frame[] = [];
  #baseKnown = true;

  constructor(
    private readonly journal: Journal,
    private readonly number: number,
    private readonly last: boolean,
  ) {}

  /** The segment; undefined when its file never held a durable frame. */
  async run(): Promise<Segment | undefined> {
    const { settings, limits } = this.journal;
    const known = await readSummary(limits.openFile, settings.folder, this.number, settings.partitions);
    const { path, indexPath } = known ?? new Segment(settings.folder, this.number, 0, new Float64Array(0));
    const file = await limits.openFile(path, this.last ? 'write' : 'read').catch(missing);
    if (!file) {
      // An index goes before its segment does: this segment was not deleted by retention.
      this.#report('damaged', path, 0, known?.bytes ?? 0);
      return known;
    }
    try {
      const size = await file.size();
      if (known && size < known.bytes) {
        this.#report('damaged', path, size, known.bytes - size);
        return known;
      }
      if (known && !this.last && size === known.bytes) return known;
      const segment = await this.#scanned(file, path, known, size);
      if (segment && !this.last) await writeIndex(limits.openFile, segment).catch(() => {});
      if (segment) return segment;
      this.#report(this.last ? 'tail-cut' : 'damaged', path, 0, size);
    } finally {
      await file.close();
    }
    if (this.last) for (const each of [path, indexPath]) await rm(each, { force: true });
    return undefined;
  }

  /**
   * After damage that hid its own extent, offsets that may have been given out there are never given out again: a
   * partition not seen behind the damage moves on by as many records as the damaged bytes could have held.
   */
  moveOn(next: Float64Array): void {
    for (let partition = 0; partition < next.length; partition++) {
      const newest = this.#newest.get(partition) ?? -1;
      for (const { position, end } of this.#ranges) {
        if (position > newest) next[partition] += recordsAtMost(end - position, this.journal.settings.codec);
      }
    }
  }

  /** The segment with its index, from its index file as far as that goes and from its frames beyond. */
  async #scanned(file: DataFile, path: string, known: Segment | undefined, size: number): Promise<Segment | undefined> {
    const blocks = known && (await readBlocks(this.journal.limits.openFile, known));
    const segment = known && blocks ? known : await this.#fromHeader(file, path);
    if (!segment) return undefined;
    segment.blocks = blocks ?? new Blocks(segment.base.length, segment.base);
    const from = segment.bytes;
    const { damage } = await scanFrames(file, from, segment.salt, (frame) => {
      if (this.#held.length > 0 && this.#held[0].group !== frame.group) this.#take(segment);
      this.#held.push(frame);
    });
    const vouched = known?.bytes ?? 0;
    const cut = this.last ? Math.max(vouched, await this.#tornAt(file, segment, damage)) : size;
    this.#held = this.#held.filter((frame) => frame.position < cut);
    this.#take(segment);
    segment.blocks.close();
    for (const { position, end } of damage) {
      if (position >= cut) continue;
      const range = { position, end: Math.min(end, cut) };
      this.#ranges.push(range);
      this.#report('damaged', path, position, range.end - position);
    }
    for (const [p, next] of known?.next.entries() ?? []) segment.next[p] = Math.max(segment.next[p], next);
    if (this.last) await this.#cut(file, segment, cut, size);
    const neverUsed = this.last && this.#newest.size === 0 && !known && !this.damaged;
    if (neverUsed && !this.#keepsOffsets(segment)) return undefined;
    // What a killed process wrote may not be on the disk yet; nobody shall read what a power cut could take back.
    if (this.last && size > from) await file.sync();
    return segment;
  }

  /** Whether the segment, empty as it is, alone knows which offsets were given out: retention took all before it. */
  #keepsOffsets({ base }: Segment): boolean {
    return this.journal.segments.length === 0 && base.some((offset) => offset > 0);
  }

  async #cut(file: DataFile, segment: Segment, cut: number, size: number): Promise<void> {
    segment.bytes = Math.min(cut, size);
    if (size <= cut) return;
    this.#report('tail-cut', segment.path, cut, size - cut);
    await file.truncate(cut);
  }

  /** Salt and base offsets from the segment's header; where that is damaged, from its first frame and its neighbour. */
  async #fromHeader(file: DataFile, path: string): Promise<Segment | undefined> {
    const { headerBytes, settings, segments } = this.journal;
    const chunk = Chunk.allocate(headerBytes + frameHeaderBytes);
    chunk.bytes.fill(0);
    await file.read(chunk.bytes, 0);
    let { salt, base } = readSegmentHeader(chunk) ?? { salt: undefined, base: undefined };
    if (salt === undefined || base?.length !== settings.partitions) {
      salt = frameSalt(chunk, headerBytes);
      if (!frameAt(chunk, headerBytes, headerBytes, salt)) return undefined;
      this.#report('damaged', path, 0, headerBytes);
      this.#baseKnown = this.number === 1 || segments.length > 0;
      base = segments.at(-1)?.next.slice() ?? new Float64Array(settings.partitions);
    }
    const segment = new Segment(settings.folder, this.number, salt, base);
    segment.bytes = headerBytes;
    return segment;
  }

  #take(segment: Segment): void {
    for (const frame of this.#held) {
      if (!this.#baseKnown && !this.#newest.has(frame.partition)) segment.base[frame.partition] = frame.base;
      this.#newest.set(frame.partition, frame.position);
      segment.add(frame);
    }
    this.#held = [];
  }

  /** Where the newest group stops being whole: the end of the last frame up to which everything is as written. */
  async #tornAt(file: DataFile, segment: Segment, damage: readonly DamagedRange[]): Promise<number> {
    const first = this.#held[0];
    const last = this.#held.at(-1);
    if (!first || !last) return segment.bytes;
    const group = first.group;
    const end = last.position + last.bytes;
    const chunk = Chunk.allocate(end - group);
    const read = await file.read(chunk.bytes, group);
    let torn = end;
    for (const range of damage) if (range.end > group) torn = Math.min(torn, Math.max(range.position, group));
    for (const { position, bytes } of this.#held) {
      const whole = position + bytes <= group + read;
      if (!whole || !frameAt(chunk, position - group, position, segment.salt)?.sound) torn = Math.min(torn, position);
    }
    return torn;
  }

  #report(kind: Damage['kind'], file: string, position: number, bytes: number): void {
    if (kind === 'damaged') this.damaged = true;
    if (bytes > 0) this.journal.limits.onDamage({ kind, file, position, bytes });
  }
}

function recordsAtMost(bytes: number, codec: JournalSettings['codec']): number {
  if (codec === 'none') return Math.ceil(bytes / recordTableBytes);
  return Math.ceil(bytes / frameHeaderBytes) * Math.ceil(framePayloadBytesMax / recordTableBytes);
}

function missing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
