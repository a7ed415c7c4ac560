import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { Bouncers } from './bouncers.js';

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
