import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#libs/clock';
import type { Config } from '#libs/config';
import { type CopiedLog, copyLogToKafka } from '#libs/log';
import { copyDecided, openDatabase, PostgresSnapshots, startEmbeddedPostgres } from '#libs/storage';
import { FolderSnapshots } from '#libs/stream';
import { createLogger } from '#libs/telemetry';
import { kafkaOptionsOf, openLog } from './open-log.js';

export interface MovedLog extends CopiedLog {
  /** States of detection that went along. */
  snapshots: number;
  /** What people decided: copied to the database of `WEIR_DATABASE_URL`, which may have had decisions, or not be set. */
  decided: 'copied' | 'there already' | 'stays';
}

/**
 * Takes what a data folder holds to Kafka and PostgreSQL, so that Weir goes on there as if nothing had happened: history,
 * open alerts, positions. Alerts themselves are computed from the log again. Rejects as the log and the database do.
 */
export async function moveLog(
  config: Config,
  onProgress: (done: { records: number; of: number }) => void,
): Promise<MovedLog> {
  const logger = createLogger(config.logLevel);
  await using opened = new AsyncDisposableStack();
  // Its lock is what tells a Weir that still runs.
  const source = await openLog({ config: { ...config, kafkaBrokers: null }, clock: systemClock, logger });
  opened.defer(() => source.close());
  const copied = await copyLogToKafka(source, { ...kafkaOptionsOf(config)!, clock: systemClock, onProgress });
  const embedded = async () => {
    const server = await startEmbeddedPostgres({ directory: config.dataDir });
    opened.defer(() => server.stop());
    return server.url;
  };
  const open = async (url: string) => {
    const database = await openDatabase({ url, statementTimeoutMs: 0 });
    opened.defer(() => database.destroy());
    return database;
  };
  const target = await open(config.databaseUrl ?? (await embedded()));
  const snapshots = await copySnapshots(new FolderSnapshots(join(config.dataDir, 'snapshots')), target);
  if (!config.databaseUrl) return { ...copied, snapshots, decided: 'stays' };
  if (!existsSync(join(config.dataDir, 'postgres'))) return { ...copied, snapshots, decided: 'there already' };
  const decided = await copyDecided(await open(await embedded()), target);
  return { ...copied, snapshots, decided: decided ? 'copied' : 'there already' };
}

async function copySnapshots(from: FolderSnapshots, target: ConstructorParameters<typeof PostgresSnapshots>[0]) {
  const to = new PostgresSnapshots(target);
  let copied = 0;
  for (const name of await from.names()) {
    const state = await from.load(name);
    // A damaged one is made again from the log.
    if (!state || state.length === 0) continue;
    await to.load(name);
    // As of the earliest position there is: what a Weir on Kafka has saved meanwhile is newer, and stays.
    if (await to.save(name, 0, [state])) copied++;
  }
  return copied;
}
