import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import { writeAudit } from '../audit/write-audit.js';
import { StorageError } from '../errors.js';
import { once } from '../idempotency/once.js';
import { movePositions, type ProjectionPosition } from '../positions/positions.js';
import { type Projection, type ProjectionName, projections } from './catalogue.js';
import { holdPositionsSql } from './hold-positions.sql.js';
import { lockTablesSql } from './lock-tables.sql.js';
import { restartPositionsSql } from './restart-positions.sql.js';

/** So often, and so long apart, it is tried to have the tables for a moment. */
const triesMax = 200;
const tryMs = 50;

export interface Rebuild<T> {
  names: readonly ProjectionName[];
  /** Where each partition of their topics begins. */
  starts: readonly ProjectionPosition[];
  actor: string;
  at: Date;
  /** What is answered, and noted in the audit log. */
  answer: T;
  /** What it asks for is done once. */
  request?: KeyedRequest;
}

/**
 * Drops what these projections computed, and puts their positions where the log begins, in one transaction: whoever runs them finds that
 * they stand before what was read, and reads again from there. What people decided, and what was sent, stays as it is.
 *
 * Never waits for a table while it holds another, so that it blocks no reader; rejects with TABLES_BUSY where some reader held one all along.
 */
export async function rebuild<T>(database: DataSource, asked: Rebuild<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await database.transaction((manager) => begin(manager, asked));
    } catch (error) {
      if ((error as { code?: string }).code !== lockNotAvailable) throw error;
      if (tries === triesMax) throw busy(asked.names);
      await delay(tryMs);
    }
  }
}

const lockNotAvailable = '55P03';

async function begin<T>(manager: EntityManager, { names, starts, actor, at, answer, request }: Rebuild<T>): Promise<T> {
  await once(manager, request);
  const owned: readonly Projection[] = projections.filter(({ name }) => names.includes(name));
  const followers = owned.flatMap((projection) => projection.followers ?? []);
  const tables = owned.flatMap((projection) => projection.tables.map((table) => `computed.${table}`));
  await manager.query(holdPositionsSql, [[...names, ...followers]]);
  await manager.query(lockTablesSql(tables));
  // One by one: a trigger of the one may empty the other.
  for (const table of tables) await manager.query(`TRUNCATE ${table}`);
  await movePositions(manager, starts);
  await manager.query(restartPositionsSql, [followers]);
  const subject = owned.map(({ name }) => name).join(' ');
  await writeAudit(manager, { at, actor, action: 'projections.rebuilt', subject, facts: answer });
  return answer;
}

function busy(names: readonly string[]): StorageError {
  const said = `Somebody has been reading what ${names.join(', ')} computed all along, as an audit does: try again later.`;
  return new StorageError('TABLES_BUSY', said, { projections: names });
}
