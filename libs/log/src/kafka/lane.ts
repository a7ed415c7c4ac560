import type { LogError } from '../errors.js';
import type { Appended, LogRecord } from '../log.js';
import type { BatchWriter } from './record-writer.js';
import { recordOverheadBytes } from './record-writer.js';

/** An append: done when all that it brought to its partitions is. */
export interface Call {
  records: readonly LogRecord[];
  partitions: Int32Array;
  offsets: Float64Array;
  recordedAt: number;
  bytes: number;
  /** Pieces of it that brokers have not answered for. */
  open: number;
  failure: LogError | undefined;
  resolve(appended: Appended): void;
  reject(error: LogError): void;
}

/** What one call brings to one partition: the records at `indexes`, from `next` on. */
interface Piece {
  call: Call;
  indexes: Int32Array;
  next: number;
  queuedMs: number;
}

/** Who the brokers take us for: their way to tell a batch sent again from a new one. */
export interface ProducerId {
  id: bigint;
  epoch: number;
}

/** A batch on its way. It is sent again as it is, byte for byte, so that it is stored once. */
export interface Sending {
  bytes: Buffer;
  count: number;
  /** The pieces it holds, each with the indexes of its records. */
  pieces: { call: Call; indexes: Int32Array }[];
  /** Gives up then. */
  untilMs: number;
  notBeforeMs: number;
}

/** However long a call has waited: this share of the patience is kept for sending it. */
export const tryShareMin = 1 / 4;

/** What waits for one partition, in order. At most one batch of it is on its way: so none overtakes another. */
export class Lane {
  #waiting: Piece[] = [];
  sending: Sending | undefined;
  producer: ProducerId | undefined;
  #sequence = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  get idle(): boolean {
    return this.#waiting.length === 0 && !this.sending;
  }

  push(call: Call, indexes: Int32Array, nowMs: number): void {
    this.#waiting.push({ call, indexes, next: 0, queuedMs: nowMs });
  }

  /** Calls that have waited since before then leave the lane. */
  expire(beforeMs: number): Call[] {
    // What is partly on its way stays: the rest is to be answered with it.
    const isOver = ({ queuedMs, next }: Piece) => queuedMs < beforeMs && next === 0;
    const expired = this.#waiting.filter(isOver);
    if (expired.length > 0) this.#waiting = this.#waiting.filter((piece) => !isOver(piece));
    return expired.map(({ call }) => call);
  }

  /** The next identity to send under; numbers of batches start again. */
  begin(producer: ProducerId): void {
    this.producer = producer;
    this.#sequence = 0;
  }

  /** Makes the next batch of what waits, up to about `bytesMax`; it may be tried for so long since its oldest call. */
  fill(writer: BatchWriter, bytesMax: number, nowMs: number, patienceMs: number): void {
    const { id, epoch } = this.producer as ProducerId;
    const pieces: Sending['pieces'] = [];
    const untilMs = Math.max(this.#waiting[0].queuedMs + patienceMs, nowMs + patienceMs * tryShareMin);
    let bytes = 0;
    let count = 0;
    let full = false;
    let taken = 0;
    while (taken < this.#waiting.length && !full) {
      const piece = this.#waiting[taken];
      const { call, indexes } = piece;
      if (count === 0) writer.begin(call.recordedAt);
      const from = piece.next;
      while (piece.next < indexes.length) {
        const record = call.records[indexes[piece.next]];
        bytes += (record.key?.length ?? 0) + record.value.length + recordOverheadBytes;
        full = count > 0 && bytes > bytesMax;
        if (full) break;
        writer.add(record, call.recordedAt);
        piece.next++;
        count++;
      }
      if (piece.next > from) pieces.push({ call, indexes: indexes.subarray(from, piece.next) });
      if (piece.next === indexes.length) taken++;
    }
    this.#waiting.splice(0, taken);
    const encoded = writer.finish({ producerId: id, producerEpoch: epoch, sequence: this.#sequence });
    // As the brokers count: from the largest number on to 0 again.
    this.#sequence = (this.#sequence + count) % 2 ** 31;
    this.sending = { bytes: encoded, count, pieces, untilMs, notBeforeMs: 0 };
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The batch is stored: says which offsets its records got. Returns the calls that are answered by that. */
  stored(baseOffset: number): Call[] {
    const { pieces } = this.sending as Sending;
    this.sending = undefined;
    let offset = baseOffset;
    for (const { call, indexes } of pieces) {
      for (let i = 0; i < indexes.length; i++) call.offsets[indexes[i]] = offset++;
    }
    return this.#answered(pieces);
  }

  /** The batch is given up. */
  failed(error: LogError): Call[] {
    const { pieces } = this.sending as Sending;
    this.sending = undefined;
    this.producer = undefined;
    for (const { call } of pieces) call.failure ??= error;
    return this.#answered(pieces);
  }

  /** Calls all of whose records of this lane were in the batch; of others the rest is still waiting. */
  #answered(pieces: Sending['pieces']): Call[] {
    const unfinished = this.#waiting[0]?.call;
    return pieces.flatMap(({ call }) => (call === unfinished && this.#waiting[0].next > 0 ? [] : [call]));
  }
}
