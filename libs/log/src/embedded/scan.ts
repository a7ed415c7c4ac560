import type { DamagedRange } from './block.js';
import { Blocks } from './blocks.js';
import { Chunk } from './chunk.js';
import type { DataFile, OpenFile } from './files.js';
import { type Frame, frameHeaderBytes, walkFrames } from './frame.js';
import type { Segment } from './segment.js';

const windowBytes = 1024 * 1024;

/**
 * Walks the frame headers of a file from `position` to its end. Payloads are not checked; the frames must not be kept.
 * Returns what lies between frames, and where the last frame ends (which may be behind the end of the file).
 */
export async function scanFrames(
  file: DataFile,
  position: number,
  salt: number,
  visit: (frame: Frame) => void,
): Promise<{ damage: DamagedRange[]; end: number; size: number }> {
  const size = await file.size();
  const damage: DamagedRange[] = [];
  let end = position;
  let at = position;
  while (at + frameHeaderBytes <= size) {
    const chunk = Chunk.allocate(Math.min(windowBytes, size - at));
    await file.read(chunk.bytes, at);
    at = walkFrames(chunk, at, salt, {
      frame: (frame) => {
        end = frame.position + frame.bytes;
        visit(frame);
      },
      damage: (from, to) => {
        const last = damage.at(-1);
        if (last?.end === from) last.end = to;
        else damage.push({ position: from, end: to });
      },
    });
  }
  return { damage, end, size };
}

/** The index of a sealed segment, made from its frames. */
export async function scanSegment(
  openFile: OpenFile,
  segment: Segment,
  headerBytes: number,
): Promise<{ blocks: Blocks; damage: DamagedRange[] }> {
  const blocks = new Blocks(segment.base.length, segment.base);
  const file = await openFile(segment.path, 'read');
  try {
    const { damage } = await scanFrames(file, headerBytes, segment.salt, (frame) => blocks.add(frame));
    blocks.close();
    return { blocks, damage };
  } finally {
    await file.close();
  }
}
