import type { Clock } from '#libs/clock';
import type { DetectionPlan, MatcherOptions } from '#libs/detection';
import type { Log } from '#libs/log';
import type { SnapshotStore } from '#libs/stream';
import type { Logger, Metrics } from '#libs/telemetry';

/** The rules to run, as they are now. */
export interface Plans {
  readonly current: DetectionPlan;
  /** The listener gets every plan that takes over, at once; it must not throw. */
  subscribe(listener: (plan: DetectionPlan) => void): void;
}

/** What detection needs from the process that runs it. */
export interface DetectPorts {
  log: Log;
  clock: Clock;
  plans: Plans;
  snapshots: SnapshotStore;
  metrics: Metrics;
  logger: Logger;
  options: MatcherOptions & { groupsMax: number };
}

export const URGENCY = Symbol('URGENCY');
export const DETECT = Symbol('DETECT');
