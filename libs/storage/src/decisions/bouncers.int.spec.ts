import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { Bouncers, forgetBouncers } from './bouncers.js';

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());

test('what is remembered of a bouncer is what the row holds: over other processes, failures, and asking at once', async () => {
  const processes = [new Bouncers(pg.database), new Bouncers(pg.database)];
  const bouncer = { keyId: 'k', address: '192.0.2.1' };
  const tell = (process: number, text: string) =>
    processes[process].with(bouncer, async (held) => ({
      at: 0,
      held: Buffer.from(text),
      answer: held?.toString() ?? null,
    }));
  const answers: (string | null)[] = [];
  for (const [process, text] of [
    [0, 'a'],
    [0, 'b'],
    [1, 'c'],
    [0, 'c'],
    [1, 'd'],
    [0, 'e'],
  ] as const) {
    answers.push(await tell(process, text));
  }
  expect(answers).toEqual([null, 'a', 'b', 'c', 'c', 'd']);
  const failing = processes[0].with(bouncer, () => Promise.reject(new TypeError('away')));
  await expect(failing).rejects.toThrow('away');
  expect(await tell(0, 'f')).toBe('e');
  const atOnce = await Promise.all(['g', 'h', 'i', 'j'].map((text, i) => tell(i % 2, text)));
  expect(new Set(atOnce).size).toBe(4);
  expect(atOnce).toContain('f');
});

test('who did not ask for a week is forgotten, and whose key was revoked or has expired; nobody else', async () => {
  const bouncers = new Bouncers(pg.database);
  const day = 86_400_000;
  const now = Date.UTC(2026, 0, 31);
  await pg.database.query('TRUNCATE decided.bouncer');
  await pg.database.query(
    `INSERT INTO decided.api_key (id, name, hash, scopes, created_at, revoked_at, expires_at)
     VALUES ('kept', 'a', 'a', '{bouncer}', $1, NULL, $3), ('revoked', 'b', 'b', '{bouncer}', $1, $2, NULL),
       ('expired', 'c', 'c', '{bouncer}', $1, NULL, $2)`,
    [new Date(now - 30 * day), new Date(now), new Date(now + 1)],
  );
  const ask = (keyId: string, address: string, at: number) =>
    bouncers.with({ keyId, address }, async (held) => ({ at, held: Buffer.from('told'), answer: held?.toString() }));
  await ask('kept', '192.0.2.1', now - 7 * day);
  await ask('kept', '192.0.2.2', now - 7 * day - 1);
  // The key of the environment is in no table.
  await ask('environment', '192.0.2.1', now);
  await ask('revoked', '192.0.2.1', now);
  await ask('expired', '192.0.2.1', now);
  await forgetBouncers(pg.database, now);
  const left = await pg.database.query('SELECT key_id, address FROM decided.bouncer ORDER BY 1');
  expect(left).toEqual([
    { key_id: 'environment', address: '192.0.2.1' },
    { key_id: 'kept', address: '192.0.2.1' },
  ]);
  expect(await ask('kept', '192.0.2.1', now)).toBe('told');
  // What this process remembers of it is not taken for what the row holds.
  expect(await ask('kept', '192.0.2.2', now)).toBeUndefined();
  expect(await ask('kept', '192.0.2.2', now)).toBe('told');
});
