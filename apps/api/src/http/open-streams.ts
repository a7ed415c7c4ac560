import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { EventStream } from './event-stream.js';
import { tooManyStreams } from './problems.js';

/**
 * Every client that listens: how many there may be, their heartbeats, and their end. A stream ends by itself after
 * `ageMsMax`, so that a key that was revoked stops listening too; clients come back with their Last-Event-ID.
 */
export class OpenStreams implements BeforeApplicationShutdown {
  static readonly streamsMax = 512;
  static readonly ageMsMax = 15 * 60_000;

  private readonly streams = new Set<EventStream>();

  constructor(private readonly heartbeatMs = 15_000) {}

  /** Throws a 503 problem when there are too many. `position`: the id that a heartbeat may carry. */
  open(reply: FastifyReply, position: () => string | null = () => null): EventStream {
    if (this.streams.size >= OpenStreams.streamsMax) throw tooManyStreams(OpenStreams.streamsMax);
    const stream = new EventStream(reply);
    this.streams.add(stream);
    const heartbeat = setInterval(() => stream.heartbeat(position() ?? undefined), this.heartbeatMs);
    const end = setTimeout(() => stream.end(), OpenStreams.ageMsMax);
    stream.closed.then(() => {
      clearInterval(heartbeat);
      clearTimeout(end);
      this.streams.delete(stream);
    });
    return stream;
  }

  beforeApplicationShutdown(): void {
    for (const stream of this.streams) stream.end();
  }
}
