import { zstdCompressSync } from 'node:zlib';
import { compressionsAlgorithms, crc32c } from '@platformatic/kafka';
import type { LogRecord } from '../log.js';
import type { KafkaCompression } from './options.js';

/**
 * Carries the event time of a record, as decimal milliseconds. The record's own timestamp is when the log recorded it,
 * since Kafka's retention goes by that: events of last year must not be deleted as they arrive. Without the header the
 * event time is the record's timestamp.
 */
export const timeHeader = Buffer.from('weir.time');

/** Bytes before the records of a batch. */
export const batchHeaderBytes = 61;
/** Bytes of a batch that length and offset take; the length counts from behind them. */
export const batchPrefixBytes = 12;
const crcFrom = 21;
/** Most that one record takes beyond its key and value. */
export const recordOverheadBytes = 80;

const codecs: Record<KafkaCompression, { bits: number; compress(bytes: Buffer): Buffer }> = {
  none: { bits: 0, compress: (bytes) => bytes },
  lz4: { bits: 3, compress: (bytes) => compressionsAlgorithms.lz4.compressSync(bytes) as Buffer },
  zstd: { bits: 4, compress: (bytes) => zstdCompressSync(bytes) },
};

export interface BatchHead {
  producerId: bigint;
  producerEpoch: number;
  sequence: number;
}

/** Gathers the records of one batch in a buffer that is used again and again, and encodes them as Kafka stores them. */
export class BatchWriter {
  #bytes = Buffer.allocUnsafeSlow(1024 * 1024);
  #at = 0;
  #count = 0;
  #baseMs = 0;
  #latestMs = 0;

  constructor(private readonly compression: KafkaCompression) {}

  begin(recordedAt: number): void {
    this.#at = 0;
    this.#count = 0;
    this.#baseMs = this.#latestMs = recordedAt;
  }

  add({ key, value, time }: LogRecord, recordedAt: number): void {
    const keyLength = key ? key.length : -1;
    const timeText = time === recordedAt ? '' : String(time);
    const delta = recordedAt - this.#baseMs;
    if (recordedAt > this.#latestMs) this.#latestMs = recordedAt;
    const headerBytes = timeText === '' ? 0 : 1 + timeHeader.length + 1 + timeText.length;
    const length =
      1 +
      varintBytes(delta) +
      varintBytes(this.#count) +
      varintBytes(keyLength) +
      Math.max(keyLength, 0) +
      varintBytes(value.length) +
      value.length +
      1 +
      headerBytes;
    this.#reserve(length + 5);
    this.#varint(length);
    this.#bytes[this.#at++] = 0;
    this.#varint(delta);
    this.#varint(this.#count++);
    this.#varint(keyLength);
    if (key) this.#copy(key);
    this.#varint(value.length);
    this.#copy(value);
    this.#varint(timeText === '' ? 0 : 1);
    if (timeText === '') return;
    this.#varint(timeHeader.length);
    this.#copy(timeHeader);
    this.#varint(timeText.length);
    this.#at += this.#bytes.write(timeText, this.#at, 'latin1');
  }

  /** The batch, in a buffer of its own. */
  finish({ producerId, producerEpoch, sequence }: BatchHead): Buffer {
    const codec = codecs[this.compression];
    const records = codec.compress(this.#bytes.subarray(0, this.#at));
    const batch = Buffer.allocUnsafe(batchHeaderBytes + records.length);
    batch.writeBigInt64BE(0n, 0);
    batch.writeInt32BE(batch.length - batchPrefixBytes, 8);
    batch.writeInt32BE(-1, 12);
    batch.writeInt8(2, 16);
    batch.writeInt16BE(codec.bits, crcFrom);
    batch.writeInt32BE(this.#count - 1, 23);
    batch.writeBigInt64BE(BigInt(this.#baseMs), 27);
    batch.writeBigInt64BE(BigInt(this.#latestMs), 35);
    batch.writeBigInt64BE(producerId, 43);
    batch.writeInt16BE(producerEpoch, 51);
    batch.writeInt32BE(sequence, 53);
    batch.writeInt32BE(this.#count, 57);
    records.copy(batch, batchHeaderBytes);
    batch.writeUInt32BE(crc32c(batch.subarray(crcFrom)), 17);
    return batch;
  }

  #copy(from: Uint8Array): void {
    this.#bytes.set(from, this.#at);
    this.#at += from.length;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }

  /** Zigzag: small numbers of either sign take few bytes. */
  #varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }
}

function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x20_0000 ? 3 : zigzag < 0x1000_0000 ? 4 : 5;
}
