import type { Clock } from '#libs/clock';
import { type DeadLetter, topics } from '#libs/events';
import type { Log, LogRecord } from '#libs/log';
import type { ParsedEvent, Reject } from '#libs/parsers';
import type { Metrics } from '#libs/telemetry';
import { deadLetterBytesMax, eventBytesMax } from './limits.js';

/** What ingest needs of the house. */
export interface IngestPorts {
  log: Log;
  clock: Clock;
  metrics: Metrics;
}

/** Where a request came from. */
export interface Origin {
  address: string;
  /** How it came: the stream's name, or `events`. */
  stream: string;
}

/** An item that was not taken: its place in the request, from 0, and why. */
export interface RejectedItem {
  index: number;
  code: string;
  /** Path of the field at fault, such as `data.ip`; empty where it is the whole item. */
  field: string;
  reason: string;
}

export interface Taken {
  accepted: number;
  rejected: RejectedItem[];
}

/** The items of one request on their way to the log: sorted by topic, so that each topic is appended to once. */
export class Batch {
  private accepted = 0;
  private readonly rejected: RejectedItem[] = [];
  private readonly records = new Map<string, LogRecord[]>();

  constructor(
    private readonly ports: IngestPorts,
    private readonly origin: Origin,
    private readonly receivedAt: number,
  ) {}

  /** `index` and `item` as for `reject`: an event that is too large to be stored is rejected after all. */
  accept(event: ParsedEvent, index: number, item: Buffer | string): void {
    const { type, key, timeMs, value } = event;
    if (value.length > eventBytesMax) {
      const reason = `the event takes ${value.length} bytes: leave out what makes it larger than ${eventBytesMax}`;
      this.reject({ kind: 'reject', code: 'EVENT_TOO_LARGE', field: '', reason }, index, item);
      return;
    }
    this.accepted++;
    this.add(type.topic, { key: Buffer.from(key), time: timeMs, value });
  }

  /** `item`: its bytes as they came. */
  reject({ code, field, reason }: Reject, index: number, item: Buffer | string): void {
    this.rejected.push({ index, code, field, reason });
    const bytes = Buffer.isBuffer(item) ? item : Buffer.from(item);
    const letter: DeadLetter = {
      reason,
      code,
      ...(field && { field }),
      origin: { ...this.origin, index },
      receivedAt: new Date(this.receivedAt).toISOString(),
      bytes: bytes.subarray(0, deadLetterBytesMax).toString('base64'),
    };
    this.add(topics.deadLetters, { time: this.receivedAt, value: Buffer.from(JSON.stringify(letter)) });
  }

  /** Resolves when all of it is durable, what was rejected as well. Rejects as `log.append` does. */
  async commit(): Promise<Taken> {
    const { log } = this.ports;
    await Promise.all(Array.from(this.records, ([topic, records]) => log.append(topic, records)));
    this.count();
    return { accepted: this.accepted, rejected: this.rejected };
  }

  private add(topic: string, record: LogRecord): void {
    const records = this.records.get(topic);
    if (records) records.push(record);
    else this.records.set(topic, [record]);
  }

  private count(): void {
    const { metrics } = this.ports;
    const { stream } = this.origin;
    if (this.accepted > 0) metrics.weir_ingest_events_total.inc({ stream, outcome: 'accepted' }, this.accepted);
    if (this.rejected.length === 0) return;
    metrics.weir_ingest_events_total.inc({ stream, outcome: 'rejected' }, this.rejected.length);
    for (const { code } of this.rejected) metrics.weir_dead_letters_total.inc({ reason: code });
  }
}
