import { zstdCompressSync } from 'node:zlib';
import { ConnectionPool, compressionsAlgorithms, crc32c, createRecordsBatch } from '@platformatic/kafka';
import type { KafkaCompression } from '#libs/log';
import { type Found, fetchRecords } from '../../libs/log/src/kafka/fetch.js';
import type { Lane } from '../../libs/log/src/kafka/lane.js';
import { produce } from '../../libs/log/src/kafka/produce.js';

const headerBytes = 61;
const crcFrom = 21;

const compressors: Record<KafkaCompression, { bits: number; compress(bytes: Buffer): Buffer }> = {
  none: { bits: 0, compress: (bytes) => bytes },
  lz4: { bits: 3, compress: (bytes) => compressionsAlgorithms.lz4.compressSync(bytes) as Buffer },
  zstd: { bits: 4, compress: (bytes) => zstdCompressSync(bytes) },
};

/**
 * The client's protocol layer without a log around it: connections, requests and answers, as libs/log uses them. Its
 * records are laid out beforehand and are not looked at when they come back; what stays is what the bytes cost:
 * compression, checksum, socket.
 */
export class Wire {
  readonly #pool = new ConnectionPool('bench', {});
  readonly #broker: { host: string; port: number };

  constructor(
    address: string,
    private readonly compression: KafkaCompression,
  ) {
    const [host, port] = address.split(':');
    this.#broker = { host, port: Number(port) };
  }

  /** One request with one batch for each of the partitions; resolves once it is acknowledged. */
  async produce(topic: string, batches: readonly Buffer[]): Promise<void> {
    const connection = await this.#pool.get(this.#broker);
    const lanes = batches.map((batch, partition) => ({ topic, partition, sending: { bytes: this.#finish(batch) } }));
    const { responses } = await produce(connection, lanes as unknown as Lane[], 10_000);
    const failed = responses.flatMap(({ partitionResponses }) => partitionResponses).find(({ errorCode }) => errorCode);
    if (failed) throw new TypeError(`The broker refused a batch: ${failed.errorCode} ${failed.errorMessage}`);
  }

  #finish(laidOut: Buffer): Buffer {
    const { bits, compress } = compressors[this.compression];
    const records = compress(laidOut.subarray(headerBytes));
    const batch = Buffer.allocUnsafe(headerBytes + records.length);
    laidOut.copy(batch, 0, 0, headerBytes);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt16BE(bits, crcFrom);
    records.copy(batch, headerBytes);
    batch.writeUInt32BE(crc32c(batch.subarray(crcFrom)), 17);
    return batch;
  }

  /** Reads every partition up to its end; resolves with how many records there were. */
  async consume(topic: string, partitions: number, bytesMax: number): Promise<number> {
    const offsets = new Array<number>(partitions).fill(0);
    const connection = await this.#pool.get(this.#broker);
    let open = offsets.map((_, partition) => partition);
    while (open.length > 0) {
      const share = Math.floor(bytesMax / open.length);
      const wanted = open.map((partition) => ({ topic, partition, offset: offsets[partition], bytesMax: share }));
      const found = await fetchRecords(connection, 0, wanted);
      for (const each of found) offsets[each.partition] = this.#pass(each, offsets[each.partition]);
      open = found.filter(({ partition, end }) => offsets[partition] < end).map(({ partition }) => partition);
    }
    return offsets.reduce((sum, offset) => sum + offset, 0);
  }

  /** The offset behind what came. */
  #pass({ bytes }: Found, from: number): number {
    let next = from;
    for (let at = 0; at + headerBytes <= bytes.length; ) {
      const length = 12 + bytes.readInt32BE(at + 8);
      if (at + length > bytes.length) break;
      const batch = bytes.subarray(at, at + length);
      if (crc32c(batch.subarray(crcFrom)) !== batch.readUInt32BE(17)) throw new TypeError('A batch is damaged.');
      const codec = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)[batch.readInt16BE(crcFrom) & 7];
      if (codec !== 'none') compressionsAlgorithms[codec].decompressSync(batch.subarray(headerBytes));
      next = Number(batch.readBigInt64BE(0)) + batch.readInt32BE(23) + 1;
      at += length;
    }
    return next;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Records as Kafka stores them, not compressed; `time` in milliseconds. */
export function layOut(records: readonly { key: Buffer; value: Buffer }[], time: number): Buffer {
  const messages = records.map((record) => ({ ...record, timestamp: BigInt(time), topic: '', partition: 0 }));
  return createRecordsBatch(messages, { compression: 'none' }).buffer as Buffer;
}
