import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#libs/clock';
import { loadConfig } from '#libs/config';
import { type Log, openEmbeddedLog } from '#libs/log';
import { createLogger } from '#libs/telemetry';
import { type RunningWeir, startWeir } from '../../apps/weir/src/server/weir.js';
import { openTestDatabase, type TestDatabase } from '../../libs/storage/testing/test-database.js';

export const adminKey = 'the-key-of-these-tests';

/** All of Weir in this process, with a log, a PostgreSQL and a folder of its own. */
export interface TestWeir extends Pick<RunningWeir, 'url' | 'routes'> {
  database: TestDatabase['database'];
  ask(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export interface TestWeirOptions {
  env?: Record<string, string>;
  /** What its log holds when it starts. */
  log?: (log: Log) => Promise<unknown>;
}

export async function openTestWeir({ env = {}, log: fill }: TestWeirOptions = {}): Promise<TestWeir> {
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-access-'));
  if (fill) {
    const log = await openEmbeddedLog({ directory: join(dataDir, 'log'), clock: systemClock });
    await fill(log);
    await log.close();
  }
  const pg = await openTestDatabase();
  const config = loadConfig({
    WEIR_DATABASE_URL: pg.url,
    WEIR_DATA_DIR: dataDir,
    WEIR_HTTP_PORT: '0',
    WEIR_ADMIN_KEY: adminKey,
    WEIR_PARTITIONS: '2',
    // It runs what was built, and this process runs the source.
    WEIR_DETECT_THREAD: 'off',
    WEIR_REQUESTS_PER_MINUTE: '1000000',
    WEIR_RULES_DIR: fileURLToPath(new URL('../../rules', import.meta.url)),
    ...env,
  });
  // Defects are shown with their stacks.
  const weir = await startWeir({ config, apps: [], clock: systemClock, logger: createLogger('error') });
  return {
    ...weir,
    database: pg.database,
    ask: (path, init = {}) => fetch(weir.url + path, { ...init, headers: { 'x-api-key': adminKey, ...init.headers } }),
    async close() {
      await weir.stop();
      await pg.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
