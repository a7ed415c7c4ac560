import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { StorageError } from '../errors.js';

/** For so long a request that is sent again gets the answer that it got. */
export const ANSWERS_KEPT_MS = 24 * 3_600_000;

/** A request that its sender may send again. */
export interface Request {
  /** Who asks: keys are each actor's own. */
  actor: string;
  key: string;
  /** What is asked, as JSON. */
  asked: unknown;
  at: Date;
}

/**
 * Does it, in the caller's transaction, unless it was done already: then what was answered. Of two at a time the
 * second waits for the first. Rejects with IDEMPOTENCY_KEY_REUSED where the key came with something else.
 */
export async function once<T>(manager: EntityManager, request: Request, work: () => Promise<T>): Promise<T> {
  const { actor, key, at } = request;
  const digest = createHash('sha256').update(JSON.stringify(request.asked)).digest('base64url');
  const expired = new Date(at.getTime() - ANSWERS_KEPT_MS);
  await manager.query('DELETE FROM decided.answered_request WHERE at < $1', [expired]);
  const [{ taken }] = await manager.query<{ taken: boolean }[]>(
    `WITH ours AS (
       INSERT INTO decided.answered_request (actor, key, digest, answer, at) VALUES ($1, $2, $3, 'null', $4)
       ON CONFLICT DO NOTHING RETURNING 1)
     SELECT NOT EXISTS (SELECT FROM ours) AS taken`,
    [actor, key, digest, at],
  );
  if (taken) return known(manager, request, digest);
  const answer = await work();
  await manager.query('UPDATE decided.answered_request SET answer = $3 WHERE actor = $1 AND key = $2', [
    actor,
    key,
    JSON.stringify(answer),
  ]);
  return answer;
}

async function known<T>(manager: EntityManager, { actor, key }: Request, digest: string): Promise<T> {
  const [row] = await manager.query<{ digest: string; answer: T }[]>(
    'SELECT digest, answer FROM decided.answered_request WHERE actor = $1 AND key = $2',
    [actor, key],
  );
  if (row.digest === digest) return row.answer;
  const said = `The Idempotency-Key ${key} came with another request. Give every request its own.`;
  throw new StorageError('IDEMPOTENCY_KEY_REUSED', said, { key });
}
