import type { DataSource } from 'typeorm';
import type { GuardOptions } from '#libs/blocking';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import type { InboxOptions } from '#libs/storage';
import type { Logger, Metrics } from '#libs/telemetry';

/** What the projections need from the process that runs them. */
export interface ProjectPorts {
  log: Log;
  clock: Clock;
  /** As `openDatabase` of libs/storage opens it. */
  database: DataSource;
  metrics: Metrics;
  logger: Logger;
  /** What decisions of rules may not do. */
  guard: GuardOptions;
  /** What goes to inboxes of feeds. */
  feeds: InboxOptions;
}

export const PROJECT = Symbol('PROJECT');
