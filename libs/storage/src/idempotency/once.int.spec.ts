import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { KeyedRequest } from '#libs/auth';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { ANSWERS_KEPT_MS, answerTo, keepAnswer, once } from './once.js';

const at = new Date(Date.UTC(2026, 0, 1));
const request: KeyedRequest = { actor: 'k1', key: 'once', digest: 'of this', at };
const later = (ms: number): KeyedRequest => ({ ...request, at: new Date(at.getTime() + ms) });

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());
beforeEach(() => pg.database.query('TRUNCATE decided.answered_request'));

const doing = (asked: KeyedRequest, work: () => Promise<unknown> = async () => {}) =>
  pg.database.transaction(async (manager) => {
    await once(manager, asked);
    await work();
  });

test('what was done is not done again, and is answered as it was; what failed may be tried again', async () => {
  const failed = doing(request, () => Promise.reject(new TypeError('broken')));
  await expect(failed).rejects.toThrow('broken');
  expect(await answerTo(pg.database, request)).toBe(undefined);
  await doing(request);
  // As after a crash between.
  expect(await answerTo(pg.database, request)).toEqual({ answer: null });
  await expect(doing(request)).rejects.toMatchObject({ code: 'REQUEST_DONE' });
  await keepAnswer(pg.database, request, { text: 'a\0b \ud800' });
  expect(await answerTo(pg.database, request)).toEqual({ answer: { text: 'a\0b \ud800' } });
});

test('of many at a time one is done; the others wait for what becomes of it', async () => {
  let [begun, done] = [0, 0];
  const work = async () => {
    // The first fails when the others wait already.
    if (begun++ === 0) throw new TypeError('broken');
    done++;
  };
  const all = await Promise.allSettled(Array.from({ length: 6 }, () => doing(request, work)));
  expect(done).toBe(1);
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a key is its sender’s, for that request, for a day', async () => {
  await doing(request);
  const other = { ...request, digest: 'of that' };
  await expect(answerTo(pg.database, other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  await doing({ ...other, actor: 'k2' });
  await keepAnswer(pg.database, other, 'of another');
  expect(await answerTo(pg.database, later(ANSWERS_KEPT_MS))).toEqual({ answer: null });
  expect(await answerTo(pg.database, later(ANSWERS_KEPT_MS + 1))).toBe(undefined);
  await doing(later(ANSWERS_KEPT_MS + 1));
  expect(await pg.database.query('SELECT actor FROM decided.answered_request')).toEqual([{ actor: 'k1' }]);
});

test('where nothing was done once, no answer is kept', async () => {
  await keepAnswer(pg.database, request, 'a dry run');
  expect(await answerTo(pg.database, request)).toBe(undefined);
});
