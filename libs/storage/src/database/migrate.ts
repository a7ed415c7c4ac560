import { DataSource, type DataSourceOptions } from 'typeorm';
import { Alerts0000000000001 } from '../../../../migrations/0001-alerts.js';
import { Snapshots0000000000002 } from '../../../../migrations/0002-snapshots.js';
import { Rules0000000000003 } from '../../../../migrations/0003-rules.js';
import { AlertContext0000000000004 } from '../../../../migrations/0004-alert-context.js';
import { Triage0000000000005 } from '../../../../migrations/0005-triage.js';
import { Incidents0000000000006 } from '../../../../migrations/0006-incidents.js';
import { Silences0000000000007 } from '../../../../migrations/0007-silences.js';
import { Decisions0000000000008 } from '../../../../migrations/0008-decisions.js';
import { Notifications0000000000009 } from '../../../../migrations/0009-notifications.js';
import { Fixtures0000000000010 } from '../../../../migrations/0010-fixtures.js';
import { Access0000000000011 } from '../../../../migrations/0011-access.js';
import { People0000000000012 } from '../../../../migrations/0012-people.js';
import { ReadsAtScale0000000000013 } from '../../../../migrations/0013-reads-at-scale.js';
import { Contests0000000000014 } from '../../../../migrations/0014-contests.js';
import { Rounds0000000000015 } from '../../../../migrations/0015-rounds.js';
import { ContestTallies0000000000016 } from '../../../../migrations/0016-contest-tallies.js';
import { Feeds0000000000017 } from '../../../../migrations/0017-feeds.js';
import { IncidentsByVerdict0000000000019 } from '../../../../migrations/0019-incidents-by-verdict.js';
import { DecisionsBeyondAddresses0000000000020 } from '../../../../migrations/0020-decisions-beyond-addresses.js';
import { ReceivedAlerts0000000000021 } from '../../../../migrations/0021-received-alerts.js';
import { StorageError } from '../errors.js';

const migrations = [
  Alerts0000000000001,
  Snapshots0000000000002,
  Rules0000000000003,
  AlertContext0000000000004,
  Triage0000000000005,
  Incidents0000000000006,
  Silences0000000000007,
  Decisions0000000000008,
  Notifications0000000000009,
  Fixtures0000000000010,
  Access0000000000011,
  People0000000000012,
  ReadsAtScale0000000000013,
  Contests0000000000014,
  Rounds0000000000015,
  ContestTallies0000000000016,
  Feeds0000000000017,
  IncidentsByVerdict0000000000019,
  DecisionsBeyondAddresses0000000000020,
  ReceivedAlerts0000000000021,
];

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
