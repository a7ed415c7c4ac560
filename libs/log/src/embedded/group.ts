import { constants, zstdCompressSync } from 'node:zlib';
import type { LogRecord } from '../log.js';
import { Chunk } from './chunk.js';
import { codecs, Frame, frameBytes, frameHeaderBytes, writeFrameHeader } from './frame.js';
import { recordBytes, writeRecords } from './records.js';

/** A frame takes records up to this size, or one larger record: it is what a reader checks and decodes at once. */
export const framePayloadBytesMax = 256 * 1024;
/** Smaller payloads are stored as they are: compressing them costs more than it saves. */
const compressBytesMin = 256;

/** Records on their way into one partition. */
interface Bucket {
  records: LogRecord[];
  /** Indexes at which a new frame begins, beside 0. */
  cuts: number[];
  /** Bytes in the frame that is being filled. */
  bytes: number;
}

interface Draft {
  partition: number;
  records: readonly LogRecord[];
  from: number;
  to: number;
  decodedBytes: number;
  /** Compressed payload; undefined: stored as it is. */
  stored: Buffer | undefined;
  timeMax: number;
}

/** Where a group goes and what its frames have in common. */
export interface GroupPlace {
  salt: number;
  position: number;
  recordedAt: number;
}

/** Collects the records of one group by partition, and lays them out as the frames of one write. */
export class Group {
  readonly #buckets = new Map<number, Bucket>();
  readonly #next: Float64Array;

  /** `next`: the offset that the next record of each partition gets. */
  constructor(
    next: Float64Array,
    private readonly codec: 'none' | 'zstd',
  ) {
    this.#next = next.slice();
  }

  /** Takes one append; fills in the offsets that its records get. */
  add(records: readonly LogRecord[], partitions: Int32Array, offsets: Float64Array): void {
    let partition = -1;
    let bucket: Bucket | undefined;
    for (let i = 0; i < records.length; i++) {
      if (partitions[i] !== partition || !bucket) {
        partition = partitions[i];
        bucket = this.#bucket(partition);
      }
      const bytes = recordBytes(records[i]);
      if (bucket.bytes > 0 && bucket.bytes + bytes > framePayloadBytesMax) {
        bucket.cuts.push(bucket.records.length);
        bucket.bytes = 0;
      }
      bucket.bytes += bytes;
      bucket.records.push(records[i]);
      offsets[i] = this.#next[partition]++;
    }
  }

  #bucket(partition: number): Bucket {
    let bucket = this.#buckets.get(partition);
    if (!bucket) {
      bucket = { records: [], cuts: [], bytes: 0 };
      this.#buckets.set(partition, bucket);
    }
    return bucket;
  }

  /** The bytes to write, and the frames that they are. */
  encode(place: GroupPlace): { chunk: Chunk; frames: Frame[] } {
    const drafts = this.#drafts();
    let total = 0;
    for (const draft of drafts) total += frameBytes(draft.stored?.length ?? draft.decodedBytes);
    const chunk = Chunk.allocate(total);
    const frames: Frame[] = [];
    let at = 0;
    for (const draft of drafts) {
      const payload = at + frameHeaderBytes;
      const storedBytes = draft.stored?.length ?? draft.decodedBytes;
      if (draft.stored) draft.stored.copy(chunk.bytes, payload);
      else draft.timeMax = writeRecords(chunk, payload, draft.records, draft.from, draft.to);
      const count = draft.to - draft.from;
      chunk.bytes.fill(0, payload + storedBytes, at + frameBytes(storedBytes));
      writeFrameHeader(chunk, at, {
        salt: place.salt,
        position: place.position + at,
        group: place.position,
        partition: draft.partition,
        codec: draft.stored ? codecs.zstd : codecs.none,
        base: this.#next[draft.partition] - (draft.records.length - draft.from),
        count,
        recordedAt: place.recordedAt,
        timeMax: draft.timeMax,
        storedBytes,
        decodedBytes: draft.decodedBytes,
      });
      frames.push(new Frame(chunk, at, true));
      at += frameBytes(storedBytes);
    }
    return { chunk, frames };
  }

  #drafts(): Draft[] {
    const drafts: Draft[] = [];
    for (const [partition, { records, cuts }] of this.#buckets) {
      let from = 0;
      for (const to of [...cuts, records.length]) {
        let decodedBytes = 0;
        for (let i = from; i < to; i++) decodedBytes += recordBytes(records[i]);
        const draft: Draft = { partition, records, from, to, decodedBytes, stored: undefined, timeMax: 0 };
        if (this.codec === 'zstd' && decodedBytes >= compressBytesMin) compress(draft);
        drafts.push(draft);
        from = to;
      }
    }
    return drafts;
  }
}

function compress(draft: Draft): void {
  const chunk = Chunk.allocate(draft.decodedBytes);
  draft.timeMax = writeRecords(chunk, 0, draft.records, draft.from, draft.to);
  const packed = zstdCompressSync(chunk.bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  if (packed.length < draft.decodedBytes) draft.stored = packed;
}
