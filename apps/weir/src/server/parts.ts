import type { DynamicModule } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { KeyStore } from '#libs/auth';
import { recount } from '#libs/backtest';
import type { GuardOptions } from '#libs/blocking';
import type { Clock } from '#libs/clock';
import type { Config } from '#libs/config';
import type { Log } from '#libs/log';
import { parseNetwork, widen } from '#libs/silencing';
import { type AlertFeed, PostgresSnapshots } from '#libs/storage';
import { FolderSnapshots, type SnapshotStore } from '#libs/stream';
import type { Logger, Metrics } from '#libs/telemetry';
import { ApiModule, type SignIn } from '../../../api/src/index.js';
import { DetectModule } from '../../../detect/src/index.js';
import { IngestModule } from '../../../ingest/src/index.js';
import { NotifyModule } from '../../../notify/src/index.js';
import { ProjectModule } from '../../../project/src/index.js';
import { detectionOptions } from './detection/options.js';
import { heldBackBy } from './held-back.js';
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
  signIn: SignIn;
  rules: LiveRules;
  snapshotsDir: string;
  /** The parts that this process runs. */
  apps: readonly PartName[];
}

interface Part {
  /** Consumer groups that it runs, on whichever thread. */
  groups: readonly string[];
  module(house: House): DynamicModule;
}

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
    groups: ['project.alerts', 'project.decisions', 'project.contests', 'project.feeds'],
    module: ({ config, log, clock, database, metrics, logger }) =>
      ProjectModule.register({
        log,
        clock,
        database,
        metrics,
        logger,
        guard: guardOf(config),
        feeds: inboxesOf(config),
      }),
  },
  notify: {
    groups: ['notify'],
    module: ({ log, clock, database, metrics, logger, config }) =>
      NotifyModule.register({
        log,
        clock,
        database,
        metrics,
        logger,
        networks: config.notifyNetworks ?? [],
        // Nothing holds alerts back.
        isHeldBack: heldBackBy(database, clock),
      }),
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
        signIn: house.signIn,
        rules: house.rules,
        networks: house.config.notifyNetworks ?? [],
        ruleCounters: house.apps.includes('detect') ? () => ruleCounters(house.metrics) : null,
        guard: guardOf(house.config),
        feeds: {
          ...inboxesOf(house.config),
          halfLifeMs: house.config.feedHalfLifeMs,
          demotingRules: house.config.feedDemotingRules,
        },
        recount: () =>
          recount(house.log, house.rules.current, { ...detectionOptions(house.config), nowMs: house.clock.now() }),
        detection: { ...detectionOptions(house.config), latenessMs: house.config.latenessMs },
        logger: house.logger,
        metrics: house.metrics,
      }),
  },
};

/** Processes on several machines share PostgreSQL; one with a folder of its own needs nobody. */
function snapshotsOf({ config, database, snapshotsDir }: House): SnapshotStore {
  return config.kafkaBrokers ? new PostgresSnapshots(database) : new FolderSnapshots(snapshotsDir);
}

function inboxesOf({ feedPushFollowers, feedInboxItems }: Config) {
  return { pushFollowersMax: feedPushFollowers, inboxItemsMax: feedInboxItems };
}

function guardOf({ ownNetworks, decisionsPerMinute, decisionsBeyondAddresses }: Config): GuardOptions {
  const networks = ownNetworks.map((text) => {
    const [address, bits] = text.split('/');
    const network = parseNetwork(address)!;
    return bits === undefined ? network : widen(network, Number(bits));
  });
  return {
    ownNetworks: networks,
    perMinuteMax: decisionsPerMinute,
    beyondAddressesMax: decisionsBeyondAddresses,
  };
}
