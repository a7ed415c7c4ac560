import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { keyOf } from '#libs/feed';
import type { Log } from '#libs/log';
import { once } from '#libs/storage';
import { CLOCK, DATABASE, LOG } from '../../../platform/src/index.js';
import { type Written, writeEvent } from '../http/write-event.js';

/** Relations and feedback that come by request: each becomes an event on the log, which feeds follow from. */
@Injectable()
export class FeedDesk {
  static readonly actorsMax = 10_000;

  /** Times of the last events, ms: of two that one actor sends in one millisecond the second comes second. */
  private readonly last = new Map<string, number>();

  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DATABASE) private readonly database: DataSource,
  ) {}

  /** Resolves when the log has it. Throws a 422 problem where it is no event of that type. */
  write(type: string, data: Readonly<Record<string, unknown>> & { actor: string }): Promise<Written> {
    return this.append(type, data, randomUUID());
  }

  /** The same, once for the request. */
  writeOnce(
    type: string,
    data: Readonly<Record<string, unknown>> & { actor: string },
    request: KeyedRequest,
  ): Promise<Written> {
    // The id follows from the key: one that was written just before a crash counts once, too.
    const id = `once:${keyOf(request.actor, request.key)}`;
    return this.database.transaction(async (manager) => {
      await once(manager, request);
      return this.append(type, data, id);
    });
  }

  private async append(
    type: string,
    data: Readonly<Record<string, unknown>> & { actor: string },
    id: string,
  ): Promise<Written> {
    const source = `/api/v1/feed/${encodeURIComponent(data.actor.toWellFormed())}`;
    const time = new Date(this.moment(data.actor)).toISOString();
    return writeEvent(this.log, { source, id, time }, type, data);
  }

  private moment(actor: string): number {
    const at = Math.max(this.clock.now(), (this.last.get(actor) ?? Number.NEGATIVE_INFINITY) + 1);
    if (this.last.size >= FeedDesk.actorsMax) this.last.clear();
    this.last.set(actor, at);
    return at;
  }
}
