import type { Clock } from '#libs/clock';
import type { DetectionPlan, MatcherOptions } from '#libs/detection';
import type { Log } from '#libs/log';
import type { SnapshotStore } from '#libs/stream';
import type { Logger, Metrics } from '#libs/telemetry';

/** What detection needs from the process that runs it. */
export interface DetectPorts {
  log: Log;
  clock: Clock;
  plan: DetectionPlan;
  snapshots: SnapshotStore;
  metrics: Metrics;
  logger: Logger;
  options: MatcherOptions & { groupsMax: number };
}

export const URGENCY = Symbol('URGENCY');
export const DETECT = Symbol('DETECT');
