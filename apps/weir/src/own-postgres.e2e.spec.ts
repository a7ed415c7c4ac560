import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../libs/storage/testing/test-database.js';
import { Cli } from '../testing/cli.js';

const cli = new Cli();
let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(async () => {
  await cli.close();
  await pg.close();
});

test('with WEIR_DATABASE_URL alerts and keys are in that PostgreSQL, and none of our own runs', async () => {
  const env = { WEIR_DATABASE_URL: pg.url };
  const weir = await cli.start(env);
  expect(cli.postgresServers()).toEqual([]);
  const file = join(cli.dataDir, 'sample.log');
  const line = (second: number) =>
    `Jan 15 10:00:0${second} web-1 sshd[42]: Failed password for root from 192.0.2.7 port 4242 ssh2\n`;
  writeFileSync(file, [1, 2, 3, 4, 5, 6].map(line).join(''));
  await cli.json('ingest', file, '--as', 'sshd');
  await cli.json('lag', '--wait');
  const alerts = await pg.database.query('SELECT rule_name FROM computed.alert');
  expect(alerts).toEqual([{ rule_name: 'ssh-bruteforce' }]);
  expect(await weir.end()).toEqual({ code: 0, stderr: '' });

  const again = await cli.start(env);
  expect(await cli.json('audit')).toMatchObject({ agrees: true, checked: 1 });
  expect((await cli.json<{ items: unknown[] }>('keys', 'list')).items).toHaveLength(1);
  expect((await cli.run(['doctor'], env)).stdout).toMatch(/^ok {4}postgres/m);
  expect((await again.end()).code).toBe(0);
});
