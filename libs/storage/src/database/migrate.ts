import { DataSource, type DataSourceOptions } from 'typeorm';
import { Alerts0000000000001 } from '../../../../migrations/0001-alerts.js';

const migrations = [Alerts0000000000001];

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
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await lock.release();
  } finally {
    await database.destroy();
  }
}
