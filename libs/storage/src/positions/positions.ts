import type { DataSource, EntityManager } from 'typeorm';
import { StorageError } from '../errors.js';
import { claimPositionsSql } from './claim-positions.sql.js';
import { lockPositionSql } from './lock-position.sql.js';
import { movePositionSql } from './move-position.sql.js';

/** One partition that a projection reads. `offset`: the first NOT yet processed. */
export interface ProjectionPosition {
  projection: string;
  topic: string;
  partition: number;
  offset: number;
}

/**
 * Where the projection stands in each of these partitions, by index. One that it has never read starts at the given
 * offset, and from now on that is its position.
 */
export async function claimPositions(database: DataSource, starts: readonly ProjectionPosition[]): Promise<number[]> {
  const rows = await database.query<{ topic: string; partition: number; offset: string }[]>(claimPositionsSql, [
    JSON.stringify(starts),
  ]);
  const found = new Map(rows.map((row) => [`${row.partition} ${row.topic}`, Number(row.offset)]));
  return starts.map((start) => found.get(`${start.partition} ${start.topic}`) ?? start.offset);
}

/**
 * Locks a position inside the caller's transaction, which is thereby the only one to apply what follows it, and
 * returns where to apply from. That is past `reached` where a commit of ours went through but its answer was lost, or
 * where another process reads the partition now. Rejects with PROJECTION_POSITION_MOVED where it stands before
 * `reached`, which the caller knows it had: then records would be left out.
 */
export async function lockPosition(
  manager: EntityManager,
  { projection, topic, partition, offset: reached }: ProjectionPosition,
): Promise<number> {
  const [row] = await manager.query<{ offset: string }[]>(lockPositionSql, [projection, topic, partition]);
  const stored = row ? Number(row.offset) : null;
  if (stored !== null && stored >= reached) return stored;
  throw new StorageError(
    'PROJECTION_POSITION_MOVED',
    `The projection ${projection} stands at ${stored ?? 'no offset'} of ${topic}/${partition}, though it had reached ${reached}: it was reset while running. Restart Weir.`,
    { projection, topic, partition, reached, stored },
  );
}

/** Moves a position that the caller's transaction has locked, or that nobody else reads from. */
export async function movePosition(
  manager: EntityManager,
  { projection, topic, partition, offset }: ProjectionPosition,
): Promise<void> {
  await manager.query(movePositionSql, [projection, topic, partition, offset]);
}
