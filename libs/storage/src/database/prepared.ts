const names = new Map<string, string>();

/** The text of a statement that is sent over and over: each connection has it parsed once, and plans it no more often than it must. */
export function prepared(sql: string): string {
  if (!names.has(sql)) names.set(sql, `weir_${names.size}`);
  return sql;
}

/** So many at most are few. */
const FEW = 100;

/**
 * The text of a statement that asks for things by their names, in arrays. For few it is prepared: to plan it would take longer than to answer it. For many
 * it is planned each time, by how large tables are then: one that was planned over a table of few rows would read all of it for each name, and tables
 * that get rows by the thousand have grown by far before PostgreSQL notices, and plans anew.
 */
export function preparedForFew(sql: string): (asked: number) => string {
  const few = prepared(sql);
  const many = `${sql} -- of many`;
  return (asked) => (asked <= FEW ? few : many);
}

export const preparedName = (sql: string): string | undefined => names.get(sql);
