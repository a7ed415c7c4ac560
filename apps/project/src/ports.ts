import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import type { Logger, Metrics } from '#libs/telemetry';

/** What the projections need from the process that runs them. */
export interface ProjectPorts {
  log: Log;
  clock: Clock;
  /** As `openDatabase` of libs/storage opens it. */
  database: DataSource;
  metrics: Metrics;
  logger: Logger;
}

export const PROJECT = Symbol('PROJECT');
