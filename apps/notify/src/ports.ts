import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import type { Alert } from '#libs/events';
import type { Log } from '#libs/log';
import type { Logger, Metrics } from '#libs/telemetry';

/** What notifications need from the process that runs them. */
export interface NotifyPorts {
  log: Log;
  clock: Clock;
  /** As `openDatabase` of libs/storage opens it. */
  database: DataSource;
  metrics: Metrics;
  logger: Logger;
  /** Networks that are not public and may be sent to all the same. */
  networks: readonly string[];
  /** Why nobody is to be told of an alert now, such as a silence; null: nothing holds it back. */
  isHeldBack(alert: Alert): Promise<string | null>;
}

export const NOTIFY = Symbol('NOTIFY');
