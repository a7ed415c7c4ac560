import { type DeadLetter, topics } from '#libs/events';
import type { LogRecord, RecordBatch } from '#libs/log';
import type { ProjectPorts } from './ports.js';

/** Why a record can't be projected. */
export interface Unreadable {
  code: string;
  field: string;
  reason: string;
}

/** Puts aside what can't be projected, with its origin, each record once while this process runs. */
export class PutAside {
  /** By topic and partition: unreadable records before this offset were put aside by us already. */
  private readonly done = new Map<string, number>();

  constructor(private readonly ports: ProjectPorts) {}

  /** Before the position moves past them: a crash in between puts them aside twice rather than never. */
  async add(batch: RecordBatch, unreadable: ReadonlyMap<number, Unreadable>): Promise<void> {
    const key = `${batch.partition} ${batch.topic}`;
    const done = this.done.get(key) ?? 0;
    const letters = [...unreadable].flatMap(([i, why]) => (batch.offset(i) >= done ? this.letter(batch, i, why) : []));
    if (letters.length > 0) await this.ports.log.append(topics.deadLetters, letters);
    this.done.set(key, Math.max(batch.nextOffset, done));
  }

  private letter(batch: RecordBatch, i: number, { code, field, reason }: Unreadable): LogRecord {
    this.ports.metrics.weir_dead_letters_total.inc({ reason: code });
    const time = this.ports.clock.now();
    const letter: DeadLetter = {
      reason,
      code,
      field,
      origin: { topic: batch.topic, partition: batch.partition, offset: batch.offset(i) },
      receivedAt: new Date(time).toISOString(),
      bytes: batch.value(i).toString('base64'),
    };
    return { time, value: Buffer.from(JSON.stringify(letter)) };
  }
}
