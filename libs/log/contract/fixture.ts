import { afterEach, beforeEach, expect } from 'vitest';
import type { Consumer, Log, LogRecord, RecordBatch } from '../src/index.js';

/** A fresh log of the engine under test. */
export interface LogFixture {
  readonly log: Log;
  /** Largest record that the log takes, in bytes. */
  readonly recordBytesMax: number;
  /** Closes the log and opens it again, on the same data. */
  reopen(): Promise<Log>;
  /** Makes retention delete some of the oldest records of a topic (made with `retentionBytes`) that holds 1 MB. */
  expire(topic: string): Promise<void>;
  dispose(): Promise<void>;
}

export type OpenLog = () => Promise<LogFixture>;

/** A fixture for each test of the surrounding `describe`. */
export function eachWith(open: OpenLog): { readonly log: Log; readonly fixture: LogFixture } {
  let fixture: LogFixture;
  beforeEach(async () => {
    fixture = await open();
  });
  afterEach(() => fixture.dispose());
  return {
    get log() {
      return fixture.log;
    },
    get fixture() {
      return fixture;
    },
  };
}

/** A record whose value is the text. */
export const record = (text: string, more: Partial<LogRecord> = {}): LogRecord => ({
  time: 1000,
  value: Buffer.from(text),
  ...more,
});

export const texts = (batch: RecordBatch): string[] =>
  Array.from({ length: batch.count }, (_, i) => batch.value(i).toString());

/** Everything from the offset on, batch by batch. */
export async function readAll(log: Log, topic: string, partition = 0, from = 0): Promise<string[]> {
  const all: string[] = [];
  for (let offset = from; ; ) {
    const batch = await log.read(topic, partition, offset);
    if (batch.count === 0) return all;
    all.push(...texts(batch));
    offset = batch.nextOffset;
  }
}

export const rejection = (code: string, facts: Record<string, unknown> = {}) =>
  expect.objectContaining({ name: 'LogError', code, facts: expect.objectContaining(facts) });

/** Polls until `count` records came; returns them as "partition: text". */
export async function take(consumer: Consumer, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const batches = await consumer.poll();
    if (!batches) break;
    for (const batch of batches) taken.push(...texts(batch).map((text) => `${batch.partition}: ${text}`));
  }
  return taken;
}

/** Whether the promise is still pending after a while. */
export async function isPending(promise: Promise<unknown>, ms = 50): Promise<boolean> {
  const late = Symbol();
  const timer = new Promise((resolve) => setTimeout(resolve, ms, late));
  return (await Promise.race([promise, timer])) === late;
}
