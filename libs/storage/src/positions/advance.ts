import type { DataSource, EntityManager } from 'typeorm';
import { pipelined, type Send } from '../database/pipelined.js';
import { movePositionsSql } from './move-positions.sql.js';
import { lockPositions, type ProjectionPosition } from './positions.js';

/** What a projection has read of one partition. */
export interface Progress<R extends { offset: number }> {
  /** Where the projection stood before these records. */
  reached: ProjectionPosition;
  /** In offset order. */
  records: readonly R[];
  /** The first offset after them. */
  next: number;
}

/**
 * Writes what was read and the positions behind it in one transaction, so each record counts exactly once. `write` gets those
 * that were not written yet: positions past `reached` tell that the answer to a commit of ours was lost, or that another
 * process reads the partition now. It asks the manager what it must know, and sends what it writes; see `pipelined`.
 *
 * The commit does not wait for the disk: a server that crashes may forget the last of these transactions. False where
 * that has happened: a position stands before `reached`, and nothing is written. Rejects where the database does.
 */
export async function advance<R extends { offset: number }>(
  database: DataSource,
  read: readonly Progress<R>[],
  write: (manager: EntityManager, records: readonly R[], send: Send) => Promise<void>,
): Promise<boolean> {
  return pipelined(database, async (manager, send) => {
    const stands = await lockPositions(
      manager,
      read.map(({ reached }) => reached),
    );
    const isForgotten = read.some(({ reached }, i) => (stands[i] ?? Number.NEGATIVE_INFINITY) < reached.offset);
    if (isForgotten) return false;
    const records = read.flatMap(({ records: all }, i) => all.filter(({ offset }) => offset >= stands[i]!));
    if (records.length > 0) await write(manager, records, send);
    const ahead = read.filter(({ next }, i) => stands[i]! < next);
    if (ahead.length > 0) {
      const positions = ahead.map(({ reached, next }) => ({ ...reached, offset: next }));
      send(movePositionsSql, [JSON.stringify(positions)]);
    }
    return true;
  });
}
