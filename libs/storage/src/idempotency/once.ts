import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import { StorageError } from '../errors.js';

/** For so long a request that is sent again does nothing more. */
export const ANSWERS_KEPT_MS = 24 * 3_600_000;

/**
 * Called in the transaction that does what a request asks for, before it looks at what that changes: so a request is done once, whatever
 * crashes when. Of two at a time the second waits for the first. Rejects with REQUEST_DONE where it was done before, or its key came with something else. Undefined: it has no key.
 */
export async function once(manager: EntityManager, request: KeyedRequest | undefined): Promise<void> {
  if (request === undefined) return;
  const { actor, key, digest, at } = request;
  // What somebody else forgets at the same time is left to them.
  await manager.query(
    `DELETE FROM decided.answered_request WHERE (actor, key) IN (
       SELECT actor, key FROM decided.answered_request WHERE at < $1 FOR UPDATE SKIP LOCKED)`,
    [new Date(at.getTime() - ANSWERS_KEPT_MS)],
  );
  const [{ done }] = await manager.query<{ done: boolean }[]>(
    `WITH ours AS (
       INSERT INTO decided.answered_request (actor, key, digest, answer, at) VALUES ($1, $2, $3, 'null', $4)
       ON CONFLICT DO NOTHING RETURNING 1)
     SELECT NOT EXISTS (SELECT FROM ours) AS done`,
    [actor, key, digest, at],
  );
  if (!done) return;
  const said = `A request with the Idempotency-Key ${key} was done before, and its answer was not kept: look at what it did.`;
  throw new StorageError('REQUEST_DONE', said, { key });
}

/**
 * What a request was answered; the answer is null where it was done, and not answered or not yet. Undefined: it was not done. Rejects with
 * IDEMPOTENCY_KEY_REUSED where its key came with something else.
 */
export async function answerTo(
  database: Pick<DataSource, 'query'>,
  { actor, key, digest, at }: KeyedRequest,
): Promise<{ answer: unknown } | undefined> {
  const [row] = await database.query<{ digest: string; answer: unknown }[]>(
    'SELECT digest, answer FROM decided.answered_request WHERE actor = $1 AND key = $2 AND at >= $3',
    [actor, key, new Date(at.getTime() - ANSWERS_KEPT_MS)],
  );
  if (row === undefined) return undefined;
  if (row.digest === digest) return { answer: row.answer };
  const said = `The Idempotency-Key ${key} came with another request. Give every request its own.`;
  throw new StorageError('IDEMPOTENCY_KEY_REUSED', said, { key });
}

/** Keeps what a request was answered that was done `once`; of any other, nothing. */
export async function keepAnswer(
  database: Pick<DataSource, 'query'>,
  { actor, key, digest }: KeyedRequest,
  answer: unknown,
): Promise<void> {
  await database.query(
    'UPDATE decided.answered_request SET answer = $4 WHERE actor = $1 AND key = $2 AND digest = $3',
    [actor, key, digest, JSON.stringify(answer)],
  );
}
