import type { DataSource } from 'typeorm';
import type { ProjectionPosition } from '../positions/positions.js';
import { type ProjectionName, projections } from './catalogue.js';

/** Where projections stand, in the partitions that they have read. Default: all of them. */
export async function projectionPositions(
  database: DataSource,
  ...names: readonly ProjectionName[]
): Promise<ProjectionPosition[]> {
  const rows = await database.query<{ projection: string; topic: string; partition: number; offset: string }[]>(
    `SELECT projection, topic, partition, "offset" FROM computed.projection_position WHERE projection = ANY ($1)`,
    [names.length > 0 ? names : projections.map(({ name }) => name)],
  );
  return rows.map((row) => ({ ...row, offset: Number(row.offset) }));
}

/** Rows that a projection computed, by table. */
export async function projectedRows(
  database: DataSource,
  name: ProjectionName,
): Promise<{ table: string; rows: number }[]> {
  const { tables } = projections.find((projection) => projection.name === name)!;
  const counts = tables.map((table) => `SELECT '${table}' AS "table", count(*)::float8 AS rows FROM computed.${table}`);
  return database.query(counts.join(' UNION ALL '));
}
