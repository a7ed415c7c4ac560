import type { DataSource } from 'typeorm';

interface Described {
  table: string;
  lines: string[];
}

const tablesSql = `
  SELECT format('%I.%I', n.nspname, c.relname) AS "table",
    ARRAY(
      SELECT format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
        || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
        || CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END
        || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
      FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
    ) || ARRAY(
      SELECT format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE conrelid = c.oid AND contype <> 'n' ORDER BY conname
    ) AS lines
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname = ANY ($1) ORDER BY 1`;

const indexesSql = `
  SELECT pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
  ORDER BY i.indexrelid::regclass::text`;

const sequencesSql = `
  SELECT format('%I.%I', schemaname, sequencename) AS sequence FROM pg_sequences s
  WHERE schemaname = ANY ($1) AND NOT EXISTS (
    SELECT FROM pg_depend WHERE objid = format('%I.%I', schemaname, sequencename)::regclass AND deptype = 'i')
  ORDER BY 1`;

const functionsSql = `
  SELECT pg_get_functiondef(p.oid) AS definition FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = ANY ($1) AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
  ORDER BY p.proname`;

const triggersSql = `
  SELECT pg_get_triggerdef(t.oid) AS definition
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1) AND NOT t.tgisinternal ORDER BY t.tgname`;

/** What is in these schemas as SQL that would make it: the same text for the same schema. */
export async function describeSchema(database: DataSource, schemas: readonly string[]): Promise<string> {
  const tables = await database.query<Described[]>(tablesSql, [schemas]);
  const indexes = await database.query<{ definition: string }[]>(indexesSql, [schemas]);
  const sequences = await database.query<{ sequence: string }[]>(sequencesSql, [schemas]);
  const functions = await database.query<{ definition: string }[]>(functionsSql, [schemas]);
  const triggers = await database.query<{ definition: string }[]>(triggersSql, [schemas]);
  return [
    '-- What the migrations make. Written by libs/storage/src/database/schema.int.spec.ts; not run by anything.',
    ...schemas.map((schema) => `CREATE SCHEMA ${schema};`),
    ...sequences.map(({ sequence }) => `CREATE SEQUENCE ${sequence};`),
    ...tables.map(({ table, lines }) => `\nCREATE TABLE ${table} (\n  ${lines.join(',\n  ')}\n);`),
    '',
    ...indexes.map(({ definition }) => `${definition};`),
    ...functions.map(({ definition }) => `\n${definition.trimEnd()};`),
    ...triggers.map(({ definition }) => `${definition};`),
    '',
  ].join('\n');
}
