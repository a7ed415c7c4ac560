/**
 * The values as PostgreSQL writes arrays, for a parameter: as JSON does but for brackets, and that is quick. Of JSON's escapes
 * arrays know those of quotes and backslashes only.
 */
export function textArray(values: readonly (string | null)[]): string {
  const json = JSON.stringify(values);
  if (!/\\[^"\\]/.test(json)) return `{${json.slice(1, -1)}}`;
  return `{${values.map((value) => (value === null ? 'NULL' : `"${value.replaceAll(/["\\]/g, '\\$&')}"`)).join()}}`;
}
