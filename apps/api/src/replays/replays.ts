import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { type AlertWire, getAlert } from '#libs/storage';
import { Problem } from '../../../platform/src/index.js';
import { unknownThing } from '../http/problems.js';
import { type ReplayOutcome, type ReplayPorts, type ReplayRequest, replayAlert } from './replay-alert.js';

/** Replays, one at a time: each may read much of the log. */
export class Replays implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: DataSource,
    readonly ports: ReplayPorts,
  ) {}

  /** Throws a 404 problem where there is no such alert, and 409 where it is part of another now. */
  async of(id: string, request: ReplayRequest = {}): Promise<{ alert: AlertWire; outcome: ReplayOutcome }> {
    const alert = await getAlert(this.database, id);
    if (!alert) throw unknownThing('alert', id, '/api/v1/alerts');
    if (alert.state === 'merged') throw merged(alert);
    const signal = AbortSignal.any([this.stopping.signal, ...(request.signal ? [request.signal] : [])]);
    const mine = this.turn.then(() => {
      signal.throwIfAborted();
      return replayAlert(this.ports, alert, { ...request, signal });
    });
    this.turn = mine.catch(() => {});
    return { alert, outcome: await mine };
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort(new Problem(503, 'STOPPING', 'Weir is stopping: replay the alert when it runs again.'));
  }
}

function merged({ id, mergedInto }: AlertWire): Problem {
  const said =
    mergedInto === null
      ? `Late events took the alert ${id} back: there is nothing to replay.`
      : `Late events made the alert ${id} a part of ${mergedInto}: replay that one.`;
  return new Problem(409, 'ALERT_MERGED', said, { mergedInto });
}
