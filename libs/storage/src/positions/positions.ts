import type { DataSource, EntityManager } from 'typeorm';
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
 * offset, and from now on that is its position. What it returns is on disk, whatever becomes of the server.
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
 * returns where to apply from; null where there is no such position. The transaction's commit will not wait for the
 * disk: see `lockPositionSql`.
 */
export async function lockPosition(
  manager: EntityManager,
  { projection, topic, partition }: Omit<ProjectionPosition, 'offset'>,
): Promise<number | null> {
  const [row] = await manager.query<{ offset: string }[]>(lockPositionSql, [projection, topic, partition]);
  return row ? Number(row.offset) : null;
}

/** Moves a position that the caller's transaction has locked, or that nobody else reads from. */
export async function movePosition(
  manager: EntityManager,
  { projection, topic, partition, offset }: ProjectionPosition,
): Promise<void> {
  await manager.query(movePositionSql, [projection, topic, partition, offset]);
}
