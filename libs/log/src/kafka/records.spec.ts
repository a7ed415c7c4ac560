import { createRecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordBatch } from '../batch.js';
import type { LogRecord } from '../log.js';
import { bytesNeeded, type FetchedPartition, readFetched } from './record-reader.js';
import { BatchWriter } from './record-writer.js';

const unlimited = { bytesMax: Number.POSITIVE_INFINITY, recordsMax: Number.POSITIVE_INFINITY };
const identity = { producerId: 7n, producerEpoch: 0, sequence: 0 };

/** As the brokers would store it: they write the offset. */
function stored(baseOffset: number, batch: Buffer): Buffer {
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  return batch;
}

function written(
  baseOffset: number,
  records: readonly (LogRecord & { recordedAt?: number })[],
  codec = 'none',
): Buffer {
  const writer = new BatchWriter(codec as 'none');
  writer.begin(records[0].recordedAt ?? 5000);
  for (const record of records) writer.add(record, record.recordedAt ?? 5000);
  return stored(baseOffset, writer.finish(identity));
}

const values = (from: number, to: number): LogRecord[] =>
  Array.from({ length: to - from }, (_, i) => ({ time: 1, value: Buffer.from(`${from + i}`) }));

const fetched = (bytes: Buffer, more: Partial<FetchedPartition> = {}): FetchedPartition => ({
  topic: 'p.t',
  partition: 0,
  from: 0,
  end: 1000,
  bytes,
  compacted: false,
  ...more,
});

const texts = (batch: RecordBatch): string[] =>
  Array.from({ length: batch.count }, (_, i) => `${batch.offset(i)}: ${batch.value(i)}`);

describe('records on Kafka', () => {
  it.each(['none', 'lz4', 'zstd'])('come back as they were written: %s', (codec) => {
    const anyRecord = fc.record({
      key: fc.option(fc.uint8Array({ maxLength: 200 })),
      value: fc.uint8Array({ maxLength: 300 }),
      time: fc.oneof(fc.integer(), fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }), fc.constant(1.7e12)),
      recordedAt: fc.integer({ min: 1.6e12, max: 1.6e12 + 2 ** 30 }),
    });
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 60 }), fc.nat(1e12), (records, base) => {
        const { batch, rest } = readFetched(fetched(written(base, records, codec), { from: base }), 't', unlimited);
        expect(rest).toHaveLength(0);
        expect(batch.count).toBe(records.length);
        for (const [i, { key, value, time, recordedAt }] of records.entries()) {
          expect(batch.offset(i)).toBe(base + i);
          expect(batch.time(i)).toBe(time === 0 ? 0 : time);
          expect(batch.recordedAt(i)).toBe(recordedAt);
          expect(batch.key(i)).toEqual(key === null ? null : Buffer.from(key));
          expect(batch.value(i)).toEqual(Buffer.from(value));
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('of other producers are read: %s', (compression) => {
    const headers = new Map([[Buffer.from('a'), Buffer.from('b')]]);
    const message = (key: string | undefined, value: string | undefined, timestamp: bigint) => ({
      key: key === undefined ? undefined : Buffer.from(key),
      value: value === undefined ? undefined : Buffer.from(value),
      timestamp,
      headers,
      topic: 't',
      partition: 0,
    });
    const messages = [message('k', 'v', 1_700_000_000_000n), message(undefined, 'w', 1_699_999_999_000n)];
    const tombstone = message('gone', undefined, 1_700_000_000_001n);
    const { buffer } = createRecordsBatch([...messages, tombstone] as never, { compression });
    const { batch } = readFetched(fetched(stored(0, buffer)), 't', unlimited);
    expect(texts(batch)).toEqual(['0: v', '1: w', '2: ']);
    expect([0, 1, 2].map((i) => batch.key(i)?.toString())).toEqual(['k', undefined, 'gone']);
    expect([0, 1].map((i) => [batch.time(i), batch.recordedAt(i)])).toEqual([
      [1_700_000_000_000, 1_700_000_000_000],
      [1_699_999_999_000, 1_699_999_999_000],
    ]);
  });

  it('are cut at both ends, and the rest is kept', () => {
    const bytes = Buffer.concat([
      written(10, values(10, 14)),
      written(14, values(14, 18)),
      written(18, values(18, 20)),
    ]);
    const first = readFetched(fetched(bytes, { from: 12, end: 20 }), 't', { ...unlimited, recordsMax: 4 });
    expect(texts(first.batch)).toEqual(['12: 12', '13: 13', '14: 14', '15: 15']);
    expect(first.batch.atEnd).toBe(false);
    const { batch, rest } = readFetched(fetched(first.rest, { from: 16, end: 20 }), 't', unlimited);
    expect(texts(batch)).toEqual(['16: 16', '17: 17', '18: 18', '19: 19']);
    expect([batch.nextOffset, batch.atEnd, rest.length]).toEqual([20, true, 0]);
    const small = readFetched(fetched(bytes, { from: 10 }), 't', { ...unlimited, bytesMax: 1 });
    expect([small.batch.count, small.rest.length]).toEqual([4, bytes.length - written(10, values(10, 14)).length]);
  });

  it('say how many bytes they need where the brokers cut them short', () => {
    const bytes = written(0, values(0, 9));
    expect(bytesNeeded(fetched(bytes))).toBe(0);
    expect(bytesNeeded(fetched(bytes.subarray(0, 100)))).toBe(bytes.length);
    expect(bytesNeeded(fetched(bytes.subarray(0, 5)))).toBeGreaterThan(5);
    expect(readFetched(fetched(Buffer.concat([bytes, bytes.subarray(0, 50)])), 't', unlimited).batch.count).toBe(9);
  });

  const corrupt = (facts: Record<string, unknown>) =>
    expect.objectContaining({ code: 'LOG_CORRUPT', facts: expect.objectContaining({ topic: 't', ...facts }) });
  const problemOf = (bytes: Buffer, more: Partial<FetchedPartition> = {}): unknown => {
    try {
      return readFetched(fetched(bytes, more), 't', unlimited);
    } catch (error) {
      return error;
    }
  };

  it('stop before a gap, which is then told, unless compaction made it', () => {
    const bytes = Buffer.concat([written(0, values(0, 3)), written(7, values(7, 9))]);
    expect(texts(readFetched(fetched(bytes), 't', unlimited).batch)).toEqual(['0: 0', '1: 1', '2: 2']);
    expect(problemOf(bytes, { from: 3 })).toEqual(corrupt({ wanted: 3, nextReadable: 7 }));
    const { batch } = readFetched(fetched(bytes, { compacted: true }), 't', unlimited);
    expect(texts(batch)).toEqual(['0: 0', '1: 1', '2: 2', '7: 7', '8: 8']);
  });

  it('stop before damage, which is then told', () => {
    const bytes = Buffer.concat([written(0, values(0, 3)), written(3, values(3, 6)), written(6, values(6, 8))]);
    const second = written(0, values(0, 3)).length;
    const third = second * 2;
    for (let at = 21; at < bytes.length; at++) {
      // The epoch of the leader is not in the checksum, nor is it read.
      const inBatch = at - (at < second ? 0 : at < third ? second : third);
      if (inBatch >= 12 && inBatch < 16) continue;
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 0x10;
      const read = problemOf(damaged) as { batch?: RecordBatch; code?: string };
      expect(read.batch ? 'LOG_CORRUPT' : read.code).toBe('LOG_CORRUPT');
      const good = read.batch ? texts(read.batch) : [];
      expect(good).toEqual(good.map((_, i) => `${i}: ${i}`));
      expect(good.length).toBeLessThan(8);
    }
    bytes[70] ^= 1;
    expect(problemOf(bytes)).toEqual(corrupt({ wanted: 0, nextReadable: 3 }));
  });

  it('leave out where foreign transactions end', () => {
    const control = written(2, values(0, 1));
    control.writeInt16BE(0b110000, 21);
    const writer = written(0, values(0, 2));
    const { batch } = readFetched(
      fetched(Buffer.concat([writer, signed(control), written(3, values(3, 4))])),
      't',
      unlimited,
    );
    expect(texts(batch)).toEqual(['0: 0', '1: 1', '3: 3']);
    const only = readFetched(fetched(signed(control), { from: 2, end: 3 }), 't', unlimited).batch;
    expect([only.count, only.nextOffset, only.atEnd]).toEqual([0, 3, true]);
  });

  it('have the time of append where the topic is set to that', () => {
    const bytes = written(0, [{ time: 5, value: Buffer.from('a'), recordedAt: 9000 }]);
    bytes.writeInt16BE(0b1000, 21);
    bytes.writeBigInt64BE(12_345n, 35);
    const { batch } = readFetched(fetched(signed(bytes)), 't', unlimited);
    expect([batch.recordedAt(0), batch.time(0)]).toEqual([12_345, 5]);
  });
});

/** With its checksum made right again. */
function signed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32cOf(batch.subarray(21)), 17);
  return batch;
}

function crc32cOf(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
