import type { DataSource, EntityManager, EntityMetadata } from 'typeorm';

/** Rows on their way at once. */
const rowsAtOnce = 1000;

/**
 * Copies what people decided (rules, keys, triage, …), and what was and is to be sent, from one database to another, whose schemas are the same: all of
 * it in one transaction. Gives the rows of each table, or null where the other has decisions of its own: then nothing is
 * copied. Nobody may write to the first meanwhile.
 */
export async function copyDecided(from: DataSource, to: DataSource): Promise<Record<string, number> | null> {
  const tables = to.entityMetadatas.filter(({ schema }) => schema !== 'computed');
  return to.transaction(async (manager) => {
    for (const { tablePath } of tables) {
      const rows = await manager.query<unknown[]>(`SELECT 1 FROM ${tablePath} LIMIT 1`);
      if (rows.length > 0) return null;
    }
    const copied: Record<string, number> = {};
    for (const table of tables)
      copied[table.tablePath] = await from.transaction((reader) => copyTable(reader, manager, table));
    return copied;
  });
}

async function copyTable(from: EntityManager, to: EntityManager, table: EntityMetadata): Promise<number> {
  const { tablePath } = table;
  let copied = 0;
  await from.query(`DECLARE rows NO SCROLL CURSOR FOR SELECT row_to_json(t)::text AS row FROM ${tablePath} AS t`);
  for (;;) {
    const rows = await from.query<{ row: string }[]>(`FETCH ${rowsAtOnce} FROM rows`);
    if (rows.length === 0) break;
    await to.query(
      `INSERT INTO ${tablePath} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::${tablePath}, $1::json)`,
      [`[${rows.map(({ row }) => row).join()}]`],
    );
    copied += rows.length;
  }
  // Numbers that the database gives go on behind those that it gave.
  for (const { databaseName } of table.generatedColumns) {
    await to.query(
      `SELECT setval(pg_get_serial_sequence($1, $2), max(${databaseName})) FROM ${tablePath} HAVING max(${databaseName}) > 0`,
      [tablePath, databaseName],
    );
  }
  return copied;
}
