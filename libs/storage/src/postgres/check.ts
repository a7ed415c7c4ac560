import { join, resolve } from 'node:path';
import { locateBinaries } from './binaries.js';
import { serverOwner } from './owner.js';

/** Whether the embedded PostgreSQL could run with this data folder: resolves with its program, or rejects with POSTGRES_*. */
export async function checkEmbeddedPostgres(directory: string): Promise<string> {
  const owner = serverOwner(join(resolve(directory), 'postgres'));
  const { postgres } = await locateBinaries(owner, () => undefined);
  return postgres;
}
