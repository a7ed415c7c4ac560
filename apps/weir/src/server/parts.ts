import type { DynamicModule } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { KeyStore } from '#libs/auth';
import { recount } from '#libs/backtest';
import type { Clock } from '#libs/clock';
import type { Config } from '#libs/config';
import type { Log } from '#libs/log';
import { type AlertFeed, PostgresSnapshots } from '#libs/storage';
import { FolderSnapshots, type SnapshotStore } from '#libs/stream';
import type { Logger, Metrics } from '#libs/telemetry';
import { ApiModule } from '../../../api/src/index.js';
import { DetectModule } from '../../../detect/src/index.js';
import { IngestModule } from '../../../ingest/src/index.js';
import { ProjectModule } from '../../../project/src/index.js';
import type { PartName } from './part-names.js';
import type { LiveRules } from './rules/live-rules.js';
import { ruleCounters } from './rules/rule-counters.js';

/** Everything that is open while Weir runs. */
export interface House {
  config: Config;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  log: Log;
  database: DataSource;
  alertFeed: AlertFeed;
  keys: KeyStore;
  rules: LiveRules;
  snapshotsDir: string;
  /** The parts that this process runs. */
  apps: readonly PartName[];
}

interface Part {
  /** Consumer groups that it runs. */
  groups: readonly string[];
  module(house: House): DynamicModule;
}

/** Identities that de-duplication remembers in each partition at most. */
const IDENTITIES_MAX = 1_000_000;

/** The apps that one process can be made of, in flow order. */
export const parts: Readonly<Record<PartName, Part>> = {
  ingest: {
    groups: [],
    module: ({ log, clock, metrics }) => IngestModule.register({ log, clock, metrics }),
  },
  detect: {
    groups: ['detect.match', 'detect.window'],
    module: (house) =>
      DetectModule.register({
        log: house.log,
        clock: house.clock,
        plans: house.rules,
        snapshots: snapshotsOf(house),
        metrics: house.metrics,
        logger: house.logger,
        options: detectionOptions(house.config),
      }),
  },
  project: {
    groups: ['project.alerts'],
    module: ({ log, clock, database, metrics, logger }) =>
      ProjectModule.register({ log, clock, database, metrics, logger }),
  },
  api: {
    groups: [],
    module: (house) =>
      ApiModule.register({
        log: house.log,
        clock: house.clock,
        database: house.database,
        alertFeed: house.alertFeed,
        keys: house.keys,
        rules: house.rules,
        ruleCounters: house.apps.includes('detect') ? () => ruleCounters(house.metrics) : null,
        recount: () => recount(house.log, house.rules.current, detectionOptions(house.config)),
      }),
  },
};

/** Processes on several machines share PostgreSQL; one with a folder of its own needs nobody. */
function snapshotsOf({ config, database, snapshotsDir }: House): SnapshotStore {
  return config.kafkaBrokers ? new PostgresSnapshots(database) : new FolderSnapshots(snapshotsDir);
}

function detectionOptions({ partitions, dedupeHorizonMs, groupsMax }: Config) {
  return { partitions, dedupeHorizonMs, groupsMax, identitiesMax: IDENTITIES_MAX };
}
