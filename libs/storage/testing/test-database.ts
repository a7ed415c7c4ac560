import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { openDatabase } from '../src/database/open-database.js';
import { startEmbeddedPostgres } from '../src/postgres/embedded.js';

/** A real PostgreSQL of its own in a folder of its own, migrated; for specs. `close` stops it and removes the folder. */
export interface TestDatabase {
  database: DataSource;
  url: string;
  directory: string;
  close(): Promise<void>;
}

export async function openTestDatabase(): Promise<TestDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
  const server = await startEmbeddedPostgres({ directory });
  const database = await openDatabase({ url: server.url });
  return {
    database,
    url: server.url,
    directory,
    async close() {
      await database.destroy();
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
