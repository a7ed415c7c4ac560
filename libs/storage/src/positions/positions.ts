import type { DataSource, EntityManager } from 'typeorm';
import { claimPositionsSql } from './claim-positions.sql.js';
import { lockPositionsSql } from './lock-positions.sql.js';
import { movePositionsSql } from './move-positions.sql.js';

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
 * Locks positions inside the caller's transaction, which is thereby the only one to apply what follows them, and returns
 * where to apply from, by index; undefined where there is no such position. The transaction's commit will not wait for the
 * disk: see `lockPositionsSql`.
 */
export async function lockPositions(
  manager: EntityManager,
  positions: readonly Omit<ProjectionPosition, 'offset'>[],
): Promise<(number | undefined)[]> {
  const rows = await manager.query<{ topic: string; partition: number; offset: string }[]>(lockPositionsSql, [
    JSON.stringify(positions),
  ]);
  const found = new Map(rows.map((row) => [`${row.partition} ${row.topic}`, Number(row.offset)]));
  return positions.map(({ topic, partition }) => found.get(`${partition} ${topic}`));
}

/** Moves positions that the caller's transaction has locked, or that nobody else reads from. */
export async function movePositions(manager: EntityManager, positions: readonly ProjectionPosition[]): Promise<void> {
  if (positions.length > 0) await manager.query(movePositionsSql, [JSON.stringify(positions)]);
}
