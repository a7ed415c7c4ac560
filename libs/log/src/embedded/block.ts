import type { Chunk } from './chunk.js';
import { type Frame, walkFrames } from './frame.js';

/** Bytes of a segment that hold no frame, though they should. */
export interface DamagedRange {
  position: number;
  end: number;
}

const frameOverheadBytes = 128;

/** The frames of one block, by partition and in offset order. Grows while it is the tail of its journal. */
export class Block {
  readonly #frames: Frame[][] = [];
  readonly damage: DamagedRange[] = [];
  /** Memory that it holds on to. */
  bytes = 0;

  /** Parses what was read of the block that begins at `position` and should reach to `end`. */
  static parse(chunk: Chunk, position: number, end: number, salt: number): Block {
    const block = new Block();
    const reached = walkFrames(chunk, position, salt, {
      frame: (frame) => block.add(frame),
      damage: (from, to) => block.damage.push({ position: from, end: to }),
    });
    if (reached < end) block.damage.push({ position: reached, end });
    return block;
  }

  add(frame: Frame): void {
    (this.#frames[frame.partition] ??= []).push(frame);
    this.bytes += frame.bytes + frameOverheadBytes;
  }

  frames(partition: number): readonly Frame[] {
    return this.#frames[partition] ?? [];
  }

  /** Index of the partition's first frame that ends behind the offset; their number when there is none. */
  find(partition: number, offset: number): number {
    const frames = this.frames(partition);
    let low = 0;
    let high = frames.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (frames[middle].end > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
