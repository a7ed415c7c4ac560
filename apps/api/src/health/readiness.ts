import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import type { CatchUpState } from '#libs/stream';
import { CLOCK, DATABASE, LOG } from '../../../platform/src/index.js';

export const CATCH_UPS = Symbol('CATCH_UPS');
export const MEASURED_GROUPS = Symbol('MEASURED_GROUPS');

/** Where the log is asked whether it can be written to. Nothing reads it. */
const probeTopic = 'weir.probe';

export interface Check {
  name: 'log' | 'database' | 'consumers';
  ok: boolean;
  /** Why not, in a sentence. */
  reason: string | null;
}

/** Whether this process can do its work. An answer serves for `ageMsMax`, so that asking often costs nothing. */
@Injectable()
export class Readiness {
  static readonly ageMsMax = 2_000;
  static readonly timeoutMs = 3_000;

  private latest: { at: number; checks: Promise<Check[]> } | null = null;

  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CATCH_UPS) private readonly catchUps: () => Promise<CatchUpState[]>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  check(): Promise<Check[]> {
    const now = this.clock.now();
    if (!this.latest || now - this.latest.at > Readiness.ageMsMax) {
      const checks = Promise.all([
        outcome('log', this.logIsWritable()),
        outcome('database', this.databaseAnswers()),
        outcome('consumers', this.consumersHaveCaughtUp()),
      ]);
      this.latest = { at: now, checks };
    }
    return this.latest.checks;
  }

  private async logIsWritable(): Promise<string | null> {
    const time = this.clock.now();
    await this.log.createTopic(probeTopic, { partitions: 1, retentionMs: 3_600_000 });
    await this.log.append(probeTopic, [{ partition: 0, time, value: Buffer.from('{}') }]);
    return null;
  }

  private async databaseAnswers(): Promise<string | null> {
    await this.database.query('SELECT 1');
    return null;
  }

  private async consumersHaveCaughtUp(): Promise<string | null> {
    const reasons = (await this.catchUps()).flatMap(whatIsBehind);
    return reasons.length === 0 ? null : reasons.join('; ');
  }
}

/** Names what is behind, in words; nothing where all is well. */
function whatIsBehind({ group, joined, waiting, behind }: CatchUpState): string[] {
  if (!joined) return [`${group} is no member of its group yet`];
  const placeOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`;
  const parts = behind.map((place) => `${placeOf(place)} is ${place.records} records behind`);
  if (waiting.length > 0) parts.unshift(`the state of ${waiting.map(placeOf).join(', ')} is not restored yet`);
  return parts.length === 0 ? [] : [`${group}: ${parts.join(', ')}`];
}

async function outcome(name: Check['name'], check: Promise<string | null>): Promise<Check> {
  const timer = new AbortController();
  const late = delay(Readiness.timeoutMs, `No answer within ${Readiness.timeoutMs} ms`, { signal: timer.signal });
  late.catch(() => {});
  const reason = await Promise.race([check, late]).catch((error: Error) => error.message || error.name);
  timer.abort();
  return { name, ok: reason === null, reason };
}
