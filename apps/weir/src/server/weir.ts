import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ensureAdminKey, type KeyStore, openAuthenticator } from '#libs/auth';
import type { Clock } from '#libs/clock';
import type { Config } from '#libs/config';
import type { RuleSet } from '#libs/sigma';
import {
  openAlertFeed,
  openDatabase,
  openKeyStore,
  RuleStore,
  SilenceStore,
  startEmbeddedPostgres,
} from '#libs/storage';
import { createMetrics, type Logger, Repeats } from '#libs/telemetry';
import { HealthModule, openApiPaths, serveOpenApi } from '../../../api/src/index.js';
import { spreadOf } from '../../../detect/src/index.js';
import { createHttpApp, type DeclaredRoute, LogTransport } from '../../../platform/src/index.js';
import { adminKeyFile } from '../client/admin-key.js';
import { addressOf } from '../client/client.js';
import { packageVersion } from '../package-root.js';
import { createTopics } from './create-topics.js';
import { openDataFolder } from './data-folder.js';
import { DetectionThread, hasOwnThread } from './detection/detection-thread.js';
import { detectionLimits } from './detection/options.js';
import { failureTeller } from './failure-teller.js';
import { measured } from './measured-log.js';
import { openLog } from './open-log.js';
import { type PartName, partNames } from './part-names.js';
import { type House, parts } from './parts.js';
import { cannotListen, tryToListen } from './port.js';
import { listRuleFiles } from './rule-files.js';
import { LiveRules } from './rules/live-rules.js';
import { openSignIn } from './sign-in.js';
import { watchSilenceFile } from './silence-file.js';

export interface WeirOptions {
  config: Config;
  /** The parts to run; all when empty. */
  apps: readonly PartName[];
  clock: Clock;
  logger: Logger;
}

export interface RunningWeir {
  url: string;
  rules: RuleSet;
  /** What it answers, and to whom. */
  routes: readonly DeclaredRoute[];
  /** The admin key, where this start made it. */
  madeKey: string | null;
  /** Resolves where something that it can't go on without has ended, with what: stop it then. */
  broken: Promise<Error>;
  /** Lets requests and steps under way end, then closes everything. Idempotent. */
  stop(): Promise<void>;
}

@Module({})
class WeirModule {}

/**
 * One process with all of Weir, or with the named parts of it. Opens the log first: its lock is what tells a second
 * Weir in the same folder to go. Whatever fails, what was opened before is closed again.
 */
export async function startWeir(options: WeirOptions): Promise<RunningWeir> {
  const { config } = options;
  // Asked before anything is opened, as the port is.
  listRuleFiles(config.rulesDir);
  openDataFolder(config.dataDir);
  // Asked before anything is opened, since it is what goes wrong most.
  const taken = await tryToListen(config.httpHost, config.httpPort);
  if (taken) throw cannotListen(config, taken);
  await using opened = new AsyncDisposableStack();
  const house = await openHouse(options, opened);
  const madeKey = config.adminKey ? null : await makeAdminKey(house.keys, config.dataDir);
  const thread = hasOwnThread(config, house.apps) ? new DetectionThread(house) : null;
  opened.defer(() => thread?.stop());
  const app = await openApp(house, thread, opened);
  await thread?.started();
  const url = await listen(app, config);
  const all = opened.move();
  const broken = thread?.broken ?? new Promise<never>(() => {});
  const { declaredRoutes: routes } = app.getHttpAdapter().getInstance();
  return { url, rules: house.rules.rules, routes, madeKey, broken, stop: () => all.disposeAsync() };
}

async function openHouse(options: WeirOptions, opened: AsyncDisposableStack): Promise<House> {
  const { config, clock, logger } = options;
  const metrics = createMetrics();
  const log = measured(await openLog(options), metrics);
  opened.defer(() => log.close());
  await createTopics(log, config, logger);
  const databaseUrl = config.databaseUrl ?? (await openPostgres(config, logger, opened));
  const repeats = new Repeats(clock);
  let closing = false;
  const lost = (what: string) => (error: Error) => {
    if (closing) return;
    repeats.once(what, (held) => logger.warn({ held }, `${what} (${error.message}); trying again`));
  };
  const database = await openDatabase({ url: databaseUrl, onConnectionLost: lost('A database connection broke') });
  opened.defer(() => database.destroy());
  const alertFeed = await openAlertFeed({ database, url: databaseUrl, onProblem: lost('The alert feed broke') });
  opened.defer(() => alertFeed.close());
  const keys = openKeyStore({ database, clock, onProblem: lost('Times of last use of keys were not written') });
  opened.defer(() => keys.close());
  const rules = await LiveRules.open({
    directory: config.rulesDir,
    store: new RuleStore(database, clock),
    databaseUrl,
    limits: detectionLimits(config),
    logger,
    onProblem: lost('Rules were not looked at'),
  });
  opened.defer(() => rules.close());
  const apps = partNames.filter((name) => options.apps.length === 0 || options.apps.includes(name));
  // By those who project, so that processes with different files are no more than need be.
  if (config.silencesFile && apps.includes('project')) {
    const store = new SilenceStore(database, clock);
    const onProblem = lost('The file of silences was not read');
    opened.defer(await watchSilenceFile({ file: config.silencesFile, store, logger, onProblem }));
  }
  opened.defer(() => {
    closing = true;
  });
  const snapshotsDir = join(config.dataDir, 'snapshots');
  // What is there keeps the partitions it was made with, whatever the environment says now.
  const partitions = await spreadOf(log, logger);
  return {
    config: { ...config, partitions },
    clock,
    logger,
    metrics,
    log,
    database,
    alertFeed,
    keys,
    signIn: openSignIn(config, database, clock),
    rules,
    snapshotsDir,
    apps,
  };
}

async function openPostgres(config: Config, logger: Logger, opened: AsyncDisposableStack): Promise<string> {
  const postgres = await startEmbeddedPostgres({
    directory: config.dataDir,
    onEvent: ({ kind, message }) => logger[kind === 'lost' || kind === 'restart-failed' ? 'warn' : 'debug'](message),
  });
  opened.defer(() => postgres.stop());
  return postgres.url;
}

/** Makes the first key and keeps it where only this user can read it; null where there was one already. */
async function makeAdminKey(keys: KeyStore, dataDir: string): Promise<string | null> {
  return ensureAdminKey(keys, (text) =>
    writeFileSync(adminKeyFile(dataDir), `${text}\n`, { mode: 0o600, flush: true }),
  );
}

/** `thread`: where detection runs, if not here. */
async function openApp(house: House, thread: DetectionThread | null, opened: AsyncDisposableStack) {
  const chosen = house.apps.map((name) => parts[name]);
  const here = chosen.filter((part) => thread === null || part !== parts.detect);
  const { logger, keys, signIn, clock, config, log, database, metrics } = house;
  const strategy = new LogTransport({ log, failed: failureTeller(house) });
  const health = HealthModule.register({
    log,
    clock,
    database,
    metrics,
    catchUps: async () => [...(await strategy.catchUps()), ...((await thread?.catchUps()) ?? [])],
    // Who answers for all of them shows all; the others, those that they run.
    measuredGroups: chosen.includes(parts.api) ? null : chosen.flatMap((part) => part.groups),
  });
  const imports = [health, ...here.map((part) => part.module(house))];
  const app = await createHttpApp(
    { module: WeirModule, imports },
    {
      keys: openAuthenticator(keys, clock, config.adminKey ?? undefined, signIn.sessions),
      wrongKeys: signIn.wrongKeys,
      publicUrl: config.publicUrl,
      corsOrigins: config.corsOrigins ?? [],
      trustedProxies: config.trustedProxies ?? [],
      logger,
      clock,
      quotas: { ingest: config.ingestRequestsPerMinute, api: config.requestsPerMinute },
      publicPaths: openApiPaths,
    },
  );
  opened.defer(() => app.close());
  serveOpenApi(app, packageVersion);
  // With the app's filters, or Nest would hide a step's errors from its transport.
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  await app.init();
  await app.startAllMicroservices();
  return app;
}

async function listen(app: NestFastifyApplication, config: Config): Promise<string> {
  const { httpHost, httpPort } = config;
  try {
    await app.listen(httpPort, httpHost);
  } catch (cause) {
    throw cannotListen(config, (cause as NodeJS.ErrnoException).code ?? (cause as Error).message, cause);
  }
  const { port } = app.getHttpServer().address() as { port: number };
  return addressOf({ url: null, httpHost, httpPort: port });
}
