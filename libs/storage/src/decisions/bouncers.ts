import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { type Decision, rememberedMs } from '#libs/blocking';
import { decisionsByNumber } from './decision-store.js';

/** What bouncers were told that asked lately is kept in memory too, so much of it; of others it is read again. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;

export interface Bouncer {
  keyId: string;
  address: string;
}

export interface Told<T> {
  at: number;
  held: Buffer;
  answer: T;
}

interface Remembered {
  version: string;
  held: Buffer;
}

/** What each bouncer was told, kept in PostgreSQL. Methods reject where the database does. */
export class Bouncers {
  /** Whoever asked last is last. */
  private readonly remembered = new Map<string, Remembered>();
  private bytes = 0;

  constructor(private readonly database: DataSource) {}

  /**
   * Gives `pull` what this bouncer was told so far (null: it never asked, or long ago), and keeps what it was told now. One that asks
   * twice at once is answered one after the other.
   */
  async with<T>(
    bouncer: Bouncer,
    pull: (held: Buffer | null, find: (ids: readonly number[]) => Promise<Decision[]>) => Promise<Told<T>>,
  ): Promise<T> {
    const name = `${bouncer.keyId} ${bouncer.address}`;
    const key = [bouncer.keyId, bouncer.address];
    const { answer, now } = await this.database.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`weir bouncer ${name}`]);
      const known = this.remembered.get(name);
      // A version is never used twice: what is remembered of one is what the row holds, whoever wrote since.
      const [row] = await manager.query<{ version: string; held: Buffer | null }[]>(
        `SELECT version, CASE WHEN version = $3 THEN NULL ELSE held END AS held
         FROM decided.bouncer WHERE key_id = $1 AND address = $2`,
        [...key, known?.version || null],
      );
      const before = row ? (row.held ?? known!.held) : null;
      const { held, at, answer } = await pull(before, (ids) => decisionsByNumber(manager, ids));
      if (before !== null && held.equals(before)) {
        await manager.query('UPDATE decided.bouncer SET pulled_at = $3 WHERE key_id = $1 AND address = $2', [
          ...key,
          new Date(at),
        ]);
        return { answer, now: { version: row.version, held: before } };
      }
      const version = randomUUID();
      await manager.query(
        `INSERT INTO decided.bouncer (key_id, address, pulled_at, held, version) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (key_id, address) DO UPDATE SET pulled_at = $3, held = $4, version = $5`,
        [...key, new Date(at), held, version],
      );
      return { answer, now: { version, held } };
    });
    // Only now is it so: a transaction that failed has told nobody anything.
    this.remember(name, now);
    return answer;
  }

  private remember(name: string, now: Remembered): void {
    this.forget(name);
    this.remembered.set(name, now);
    this.bytes += now.held.length;
    for (const oldest of this.remembered.keys()) {
      if (this.bytes <= HELD_BYTES_MAX) return;
      this.forget(oldest);
    }
  }

  private forget(name: string): void {
    this.bytes -= this.remembered.get(name)?.held.length ?? 0;
    this.remembered.delete(name);
  }
}

/** Whether any bouncer asked that was not forgotten since. */
export async function bouncersAsked(database: DataSource): Promise<boolean> {
  const [{ asked }] = await database.query<{ asked: boolean }[]>(
    'SELECT EXISTS (SELECT FROM decided.bouncer) AS asked',
  );
  return asked;
}

/**
 * Forgets what bouncers were told that did not ask for a week, or can't any more since their key was revoked or has expired.
 * One that asks again is one of which nothing is known: see `pull` of libs/blocking.
 */
export async function forgetBouncers(database: DataSource, now: number): Promise<void> {
  await database.query(
    `DELETE FROM decided.bouncer b WHERE b.pulled_at < $1
       OR EXISTS (SELECT FROM decided.api_key k WHERE k.id = b.key_id AND (k.revoked_at IS NOT NULL OR k.expires_at <= $2))`,
    [new Date(now - rememberedMs), new Date(now)],
  );
}
