import { Block } from './block.js';
import type { Blocks } from './blocks.js';
import type { Cache } from './cache.js';
import { Chunk } from './chunk.js';
import { isMissing } from './files.js';
import type { Frame } from './frame.js';
import { readBlocks } from './index-file.js';
import type { Limits } from './limits.js';
import type { RecordedOrder } from './recorded-order.js';
import { scanSegment } from './scan.js';
import { type Segment, segmentHeaderBytes } from './segment.js';

export interface JournalSettings {
  /** What errors call it: the topic. */
  name: string;
  folder: string;
  partitions: number;
  /** Kept in every segment's header. */
  options: string;
  codec: 'none' | 'zstd';
  retentionMs?: number;
  retentionBytes?: number;
}

/**
 * The durable state of one journal: its segments, the next offset of each partition, and the block that is being
 * filled. The writer adds what it has synced, the reader finds blocks, retention takes segments away.
 */
export class Journal {
  /** Oldest first. */
  readonly segments: Segment[] = [];
  /** The offset that the next record of each partition gets. What lies before it is durable. */
  readonly next: Float64Array;
  /** Woken by every group that became durable. */
  readonly listeners = new Set<() => void>();
  #tail = new Block();

  constructor(
    readonly settings: JournalSettings,
    readonly limits: Limits,
    private readonly cache: Cache<Block | Blocks>,
    readonly order: RecordedOrder,
  ) {
    this.next = new Float64Array(settings.partitions);
  }

  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Where the first frame of each segment begins. */
  get headerBytes(): number {
    return segmentHeaderBytes(this.settings.partitions, this.settings.options);
  }

  earliest(partition: number): number {
    return this.segments.length > 0 ? this.segments[0].base[partition] : this.next[partition];
  }

  /** Makes frames readable: they are durable, at the end of the last segment, or of the first group of a new one. */
  publish(segment: Segment, frames: readonly Frame[]): void {
    if (segment !== this.segments.at(-1)) this.segments.push(segment);
    for (const frame of frames) {
      segment.add(frame);
      this.next[frame.partition] = frame.end;
      this.#tail.add(frame);
      if (!segment.blocks?.open) this.closeTail();
    }
    for (const listener of this.listeners) listener();
  }

  /** What is published from here on begins a new block. */
  closeTail(): void {
    const segment = this.segments.at(-1);
    segment?.blocks?.close();
    if (segment?.blocks && this.#tail.bytes > 0) {
      this.cache.put(blockKey(segment, segment.blocks.count - 1), this.#tail);
    }
    this.#tail = new Block();
  }

  /** The index of a segment, from memory or from its file; made again from the segment where the file is damaged. */
  async blocks(segment: Segment): Promise<Blocks> {
    if (segment.blocks) return segment.blocks;
    const key = segment.indexPath;
    const cached = this.cache.get(key) as Blocks | undefined;
    if (cached) return cached;
    return (await this.cache.load(key, () => this.#loadBlocks(segment))) as Blocks;
  }

  async #loadBlocks(segment: Segment): Promise<Blocks> {
    const { openFile } = this.limits;
    return (await readBlocks(openFile, segment)) ?? (await scanSegment(openFile, segment, this.headerBytes)).blocks;
  }

  /** The frames of a block, from memory or from the disk. */
  block(segment: Segment, blocks: Blocks, index: number): Block | Promise<Block> {
    if (blocks.open && index === blocks.count - 1) return this.#tail;
    const key = blockKey(segment, index);
    const cached = this.cache.get(key);
    if (cached) return cached as Block;
    const load = () => this.#loadBlock(segment, blocks.start(index), blocks.end(index));
    return this.cache.load(key, load) as Promise<Block>;
  }

  async #loadBlock(segment: Segment, start: number, end: number): Promise<Block> {
    const chunk = Chunk.allocate(end - start);
    const count = await this.#readInto(chunk, segment, start);
    const read = count === chunk.bytes.length ? chunk : Chunk.of(chunk.bytes.subarray(0, count));
    return Block.parse(read, start, end, segment.salt);
  }

  /** A file that is gone reads as empty: whoever needs its records finds out which they were. */
  async #readInto(chunk: Chunk, segment: Segment, position: number): Promise<number> {
    try {
      const file = await this.limits.openFile(segment.path, 'read');
      try {
        return await file.read(chunk.bytes, position);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  }
}

const blockKey = (segment: Segment, index: number): string => `${segment.path}#${index}`;
