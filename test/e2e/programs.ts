import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Where programs of other makers are on this machine, for tests that run against the real thing; null where one is
 * missing, which is said aloud, and is a failure in CI. `install`: the Debian packages that bring them.
 */
export function programsForTests<Name extends string>(
  what: string,
  names: readonly Name[],
  install: string,
): Record<Name, string> | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = names.map((name) => [name, folders.map((folder) => join(folder, name)).find(existsSync)] as const);
  const missing = found.flatMap(([name, path]) => (path ? [] : [name]));
  if (missing.length === 0) return Object.fromEntries(found) as Record<Name, string>;
  const why = `there is no ${missing.join(' and no ')} (apt-get install ${install})`;
  if (process.env.CI) throw new TypeError(`With CI set nothing is left out: ${why}.`);
  console.warn(`LEFT OUT: ${what.toUpperCase()}, SINCE ${why.toUpperCase()}`);
  return null;
}
