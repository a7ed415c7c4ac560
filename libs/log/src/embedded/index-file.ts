import { Blocks } from './blocks.js';
import { Chunk } from './chunk.js';
import { type DataFile, isMissing, type OpenFile, replaceFile } from './files.js';
import { Segment } from './segment.js';

/**
 * What is known of a segment up to some durable position, kept beside it so that opening a log reads a kilobyte per
 * segment and not the segment. Written when a segment is sealed, when the log closes, and now and then in between; what
 * lies behind its position is scanned. It is derived: damaged or missing, it is made again from the segment. But what
 * it vouches for was durable, so a segment that is shorter is known to be cut.
 *
 *   0  u32 magic and format version   16  u32 partitions      32  f64 recorded first
 *   4  u32 CRC of bytes 8 to 47       20  u32 blocks          40  f64 recorded last
 *      and of the summary             24  f64 bytes of the segment
 *   8  u32 salt                       48  summary, f64 per partition: base, next, latest time
 *  12  u32 CRC of the blocks              then the rows of the blocks
 */
const magic = 0x01_49_52_57; // "WRI" 1
const fixedBytes = 48;

const summaryEnd = (partitions: number): number => fixedBytes + 3 * 8 * partitions;

export async function writeIndex(openFile: OpenFile, segment: Segment): Promise<void> {
  const { blocks, base } = segment;
  if (!blocks) throw new RangeError('Only a segment whose blocks are in memory can be indexed.');
  const partitions = base.length;
  const rows = blocks.rows;
  const rowsFrom = summaryEnd(partitions);
  const chunk = Chunk.allocate(rowsFrom + rows.byteLength);
  chunk.words.set([magic, 0, segment.salt, 0, partitions, blocks.count]);
  chunk.doubles.set([segment.bytes, segment.recordedFirst, segment.recordedLast], 3);
  chunk.doubles.set(base, fixedBytes / 8);
  chunk.doubles.set(segment.next, fixedBytes / 8 + partitions);
  chunk.doubles.set(segment.timeMax, fixedBytes / 8 + 2 * partitions);
  chunk.doubles.set(rows, rowsFrom / 8);
  chunk.words[3] = chunk.crc(rowsFrom, chunk.bytes.length);
  chunk.words[1] = chunk.crc(8, rowsFrom);
  await replaceFile(openFile, segment.indexPath, chunk.bytes);
}

/** The segment as its index file knows it, without blocks; undefined where there is no sound index. */
export async function readSummary(
  openFile: OpenFile,
  folder: string,
  number: number,
  partitions: number,
): Promise<Segment | undefined> {
  const { indexPath } = new Segment(folder, number, 0, new Float64Array(0));
  const chunk = await readStart(openFile, indexPath, summaryEnd(partitions));
  if (!chunk || chunk.words[0] !== magic || chunk.words[4] !== partitions) return undefined;
  if (chunk.bytes.length !== summaryEnd(partitions)) return undefined;
  if (chunk.words[1] >>> 0 !== chunk.crc(8, chunk.bytes.length)) return undefined;
  const from = fixedBytes / 8;
  const segment = new Segment(folder, number, chunk.words[2], chunk.doubles.slice(from, from + partitions));
  segment.next.set(chunk.doubles.subarray(from + partitions, from + 2 * partitions));
  segment.timeMax.set(chunk.doubles.subarray(from + 2 * partitions, from + 3 * partitions));
  segment.bytes = chunk.doubles[3];
  segment.recordedFirst = chunk.doubles[4];
  segment.recordedLast = chunk.doubles[5];
  return segment;
}

/** The blocks of a segment from its index file; undefined where there is no sound index. */
export async function readBlocks(openFile: OpenFile, segment: Segment): Promise<Blocks | undefined> {
  const file = await openIfThere(openFile, segment.indexPath);
  if (!file) return undefined;
  try {
    const chunk = Chunk.allocate(await file.size());
    await file.read(chunk.bytes, 0);
    const partitions = segment.base.length;
    const from = summaryEnd(partitions);
    const rowBytes = chunk.bytes.length - from;
    if (rowBytes < 0 || chunk.words[0] !== magic || chunk.words[1] >>> 0 !== chunk.crc(8, from)) return undefined;
    if (chunk.words[4] !== partitions || rowBytes !== chunk.words[5] * (2 + 2 * partitions) * 8) return undefined;
    if (chunk.words[3] >>> 0 !== chunk.crc(from, chunk.bytes.length)) return undefined;
    return new Blocks(partitions, segment.base, chunk.doubles.slice(from / 8));
  } finally {
    await file.close();
  }
}

async function readStart(openFile: OpenFile, path: string, bytes: number): Promise<Chunk | undefined> {
  const file = await openIfThere(openFile, path);
  if (!file) return undefined;
  try {
    const chunk = Chunk.allocate(bytes);
    return (await file.read(chunk.bytes, 0)) === bytes ? chunk : undefined;
  } finally {
    await file.close();
  }
}

async function openIfThere(openFile: OpenFile, path: string): Promise<DataFile | undefined> {
  try {
    return await openFile(path, 'read');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
