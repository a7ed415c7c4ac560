import { DataSource, type DataSourceOptions } from 'typeorm';
import { Alerts0000000000001 } from '../../../../migrations/0001-alerts.js';
import { Snapshots0000000000002 } from '../../../../migrations/0002-snapshots.js';
import { Rules0000000000003 } from '../../../../migrations/0003-rules.js';
import { StorageError } from '../errors.js';

const migrations = [Alerts0000000000001, Snapshots0000000000002, Rules0000000000003];

export const MIGRATION_TABLE = 'weir_migration';

/** Any number, as long as no other application uses it in the same database. */
const MIGRATION_LOCK = 7_237_110_001;

/** Runs the migrations that the database has not seen, under a lock: whoever comes second finds nothing to do. */
export async function migrate(options: DataSourceOptions & { type: 'postgres' }): Promise<void> {
  // Connections of its own, since a migration may take longer than any statement may later.
  const database = await new DataSource({ ...options, migrations, poolSize: 2 }).initialize();
  try {
    const lock = database.createQueryRunner();
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await database.runMigrations({ transaction: 'each' });
    await refuseNewer(database);
  } finally {
    // Closes the connections, and that gives back the lock.
    await database.destroy();
  }
}

/** A database that a newer version has changed may look right to us and not be. */
async function refuseNewer(database: DataSource): Promise<void> {
  const rows = await database.query<{ name: string }[]>(`SELECT name FROM ${MIGRATION_TABLE}`);
  const known = new Set(database.migrations.map(({ name }) => name));
  const unknown = rows.map(({ name }) => name).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new StorageError(
    'DATABASE_NEWER',
    `A newer version of Weir has changed this database (${unknown.join(', ')}). Start that version, or give this one another database.`,
    { unknown },
  );
}
