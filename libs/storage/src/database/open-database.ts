import 'reflect-metadata';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { databaseError } from './database-error.js';
import { entities } from './entities.js';
import { MIGRATION_TABLE, migrate } from './migrate.js';
import { PooledClient } from './pooled-client.js';

export interface DatabaseOptions {
  /** `postgresql://…`: of the built-in server, or of the user's own. */
  url: string;
  /** Shown in pg_stat_activity. Default `weir`. */
  applicationName?: string;
  /** Connections kept at most. Default 10. */
  connectionsMax?: number;
  /** A statement that runs longer is cancelled and fails. Default 15,000. */
  statementTimeoutMs?: number;
  /** A server that has not answered by then hangs: the connection is given up, and the query fails. Default 20,000. */
  answerTimeoutMs?: number;
  /** Told when an idle connection breaks (the server went away). The next query connects anew. */
  onConnectionLost?(error: Error): void;
}

export const CONNECT_TIMEOUT_MS = 5_000;
/** A transaction that waits for us longer has lost its process; its locks must not stay. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;

/**
 * Connects and brings the schema up to date. Of several processes that start at once, one migrates and the others
 * wait. Close it with `destroy()`. Rejects with DATABASE_*.
 */
export async function openDatabase(options: DatabaseOptions): Promise<DataSource> {
  try {
    const connecting = connectionOptions(options);
    await migrate(connecting);
    const { statementTimeoutMs = 15_000, answerTimeoutMs = 20_000 } = options;
    return await new DataSource({
      ...connecting,
      poolSize: options.connectionsMax ?? 10,
      extra: {
        ...connecting.extra,
        statement_timeout: statementTimeoutMs,
        query_timeout: answerTimeoutMs,
        idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
        keepAlive: true,
        // Statements that are sent at once are not kept back until those before them are answered; see `pipelined`.
        pipeline: true,
      },
    }).initialize();
  } catch (error) {
    throw databaseError(error, options.url);
  }
}

function connectionOptions(options: DatabaseOptions) {
  return {
    type: 'postgres',
    url: options.url,
    entities,
    applicationName: options.applicationName ?? 'weir',
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    installExtensions: false,
    migrationsTableName: MIGRATION_TABLE,
    logging: false,
    extra: { Client: PooledClient },
    poolErrorHandler: (error: Error) => options.onConnectionLost?.(error),
  } satisfies DataSourceOptions;
}
