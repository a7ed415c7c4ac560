import type { Log, RecordBatch } from '#libs/log';
import { type Record, recordWire } from './record.js';
import type { Selection } from './selection.js';

export interface Position {
  partition: number;
  offset: number;
}

export interface ScanRequest {
  topic: string;
  from: readonly Position[];
  limit: number;
  wanted?: Selection;
}

export interface ScanPage {
  items: Record[];
  /** Records looked at. */
  scanned: number;
  /** Where to go on; null when every partition was read to its end. */
  next: Position[] | null;
}

export const scanLimits = {
  /** A page looks at no more records than this, wanted or not. */
  recordsMax: 50_000,
  /** A page carries about this many bytes of values; at least one record. */
  answerBytesMax: 8 * 1024 * 1024,
  readBytesMax: 256 * 1024,
};

/**
 * One page of records: the partitions merged in the order in which the log recorded them (recordedAt never decreases
 * within a partition, so a merge of the heads is that order). Rejects as `Log.read` does.
 */
export async function scan(log: Log, request: ScanRequest): Promise<ScanPage> {
  const heads = request.from.map((position) => new Head(log, request, position));
  const items: Record[] = [];
  let scanned = 0;
  let bytes = 0;
  while (items.length < request.limit && scanned < scanLimits.recordsMax && bytes < scanLimits.answerBytesMax) {
    for (const head of heads) while (head.needsRead) await head.read();
    const head = earliest(heads);
    if (!head) return { items, scanned, next: null };
    const { batch, index } = head;
    if (!request.wanted || request.wanted(batch!, index)) {
      items.push(recordWire(batch!, index));
      bytes += batch!.value(index).length;
    }
    scanned++;
    head.step();
  }
  return { items, scanned, next: heads.map(({ partition, offset }) => ({ partition, offset })) };
}

function earliest(heads: readonly Head[]): Head | undefined {
  let best: Head | undefined;
  for (const head of heads) {
    if (!head.batch) continue;
    if (!best || head.recordedAt < best.recordedAt) best = head;
  }
  return best;
}

/** The next record of one partition. */
class Head {
  batch: RecordBatch | null = null;
  index = 0;
  offset: number;
  readonly partition: number;
  private ended = false;

  constructor(
    private readonly log: Log,
    private readonly request: ScanRequest,
    position: Position,
  ) {
    this.partition = position.partition;
    this.offset = position.offset;
  }

  get needsRead(): boolean {
    return this.batch === null && !this.ended;
  }

  get recordedAt(): number {
    return this.batch!.recordedAt(this.index);
  }

  async read(): Promise<void> {
    const { topic, wanted, limit } = this.request;
    const options = { bytesMax: scanLimits.readBytesMax, recordsMax: wanted ? 2000 : limit };
    const batch = await this.log.read(topic, this.partition, this.offset, options);
    if (batch.count > 0) {
      this.batch = batch;
      this.index = 0;
      return;
    }
    // An empty batch that moves on lies over a gap (an engine that compacts may leave them).
    this.ended = batch.nextOffset <= this.offset;
    this.offset = Math.max(this.offset, batch.nextOffset);
  }

  step(): void {
    const batch = this.batch!;
    this.index++;
    const done = this.index === batch.count;
    this.offset = done ? batch.nextOffset : batch.offset(this.index);
    if (done) this.batch = null;
  }
}
