import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** One server-sent event. `id`: where a client that comes back with it as Last-Event-ID goes on. */
export function frameOf(id: string | number, event: string, data: unknown): string {
  // JSON has no raw line breaks, so one data line is enough.
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * One client that listens (server-sent events). Two ways to write, for two kinds of source:
 *
 * - `send` waits while the client is slow. For a source that can wait: the log, read for this client alone.
 * - `offer` never waits. For one source with many clients: whoever has more than `bufferBytesMax` unread is dropped,
 *   and comes back with its Last-Event-ID.
 */
export class EventStream {
  /** More than this unread, and a slow client is dropped. */
  static readonly bufferBytesMax = 1024 * 1024;

  private readonly body = new PassThrough();
  private lastId: string | number | null = null;
  readonly closed: Promise<void>;

  constructor(reply: FastifyReply) {
    this.closed = new Promise((resolve) => this.body.once('close', resolve));
    // A client that went away is no error.
    this.body.on('error', () => {});
    this.body.write('retry: 2000\n\n');
    reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(this.body);
    reply.raw.once('close', () => this.body.destroy());
  }

  get open(): boolean {
    return !this.body.destroyed && !this.body.writableEnded;
  }

  /** Resolves when the client can take more, or is gone. */
  async send(id: string | number, frame: string): Promise<void> {
    if (!this.open || this.write(id, frame)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.body.off('drain', done).off('close', done);
        resolve();
      };
      this.body.on('drain', done).on('close', done);
    });
  }

  /** Writes, or drops the client when it is too far behind. */
  offer(id: string | number, frame: string): void {
    if (!this.open) return;
    this.write(id, frame);
    if (this.body.writableLength + this.body.readableLength > EventStream.bufferBytesMax) this.body.destroy();
  }

  /** Keeps proxies from giving up, and moves the client's Last-Event-ID on where nothing was worth sending. */
  heartbeat(id: string | number | null = this.lastId): void {
    if (!this.open || this.body.writableNeedDrain) return;
    this.write(id, id === null ? ': still here\n\n' : `: still here\nid: ${id}\n\n`);
  }

  /** Says goodbye; the client comes back by itself. */
  end(): void {
    if (this.open) this.body.end();
  }

  private write(id: string | number | null, frame: string): boolean {
    this.lastId = id;
    return this.body.write(frame);
  }
}
