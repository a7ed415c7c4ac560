import type { DataSource, EntityManager } from 'typeorm';

/** What can be written as a parameter without fail, so that a statement that was handed over is sent. */
export type Sendable = string | number | Date | null | readonly (string | number | Date)[];

/** Hands a statement over and does not wait: where it fails, so does the transaction. */
export type Send = (sql: string, parameters?: readonly Sendable[]) => void;

/**
 * A transaction whose statements are sent without waiting for the answers to those before them, its beginning and its commit
 * included: how long it takes is a matter of how often it must know an answer, not of how many statements it has. What
 * `work` only writes, it sends; what it must know, it asks the manager, several things at once where it can. PostgreSQL
 * answers in order, and takes nothing more after the first that failed.
 *
 * Rejects with the first failure, and then nothing was written, unless the connection broke over the commit.
 */
export async function pipelined<T>(
  database: DataSource,
  work: (manager: EntityManager, send: Send) => Promise<T>,
): Promise<T> {
  const runner = database.createQueryRunner();
  const sent: Promise<unknown>[] = [];
  const send: Send = (sql, parameters) => {
    const answer = runner.query(sql, parameters as unknown[] | undefined);
    // Told at the end.
    answer.catch(() => {});
    sent.push(answer);
  };
  try {
    await runner.connect();
    send('START TRANSACTION');
    const result = await work(runner.manager, send);
    send('COMMIT');
    await Promise.all(sent);
    return result;
  } catch (error) {
    await runner.query('ROLLBACK').catch(() => {});
    throw await firstFailure(sent, error);
  } finally {
    await runner.release();
  }
}

/** What `work` asked after a statement had failed only says that it had. */
async function firstFailure(sent: readonly Promise<unknown>[], error: unknown): Promise<unknown> {
  const failed = (await Promise.allSettled(sent)).find(({ status }) => status === 'rejected');
  return failed?.status === 'rejected' ? failed.reason : error;
}
