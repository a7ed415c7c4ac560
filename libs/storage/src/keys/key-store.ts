import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest, KeyRecord, KeyStore, MintedKey, NewKey, Rotation, Scope } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { writeAudit } from '../audit/write-audit.js';
import { once } from '../idempotency/once.js';
import { storable } from '../storable.js';
import type { ApiKeyEntity } from './api-key.entity.js';

export interface KeyStoreOptions {
  database: DataSource;
  clock: Clock;
  /** Told when the times of last use could not be written; they are tried again. */
  onProblem?(error: Error): void;
}

/** How long a key that was revoked by another process may still be let in. */
const CACHE_MS = 3_000;
const CACHE_KEYS_MAX = 1_000;
/** How long a key that was found before waits for a database that does not answer. */
const PATIENCE_MS = 1_000;
const TOUCH_MS = 5_000;
/** Two processes that start at once make one first key. */
const FIRST_ADMIN_LOCK = 7_237_110_003;
/** The actor of what Weir does by itself. */
const WEIR = 'weir';

type MintedHash = Pick<MintedKey, 'id' | 'hash'>;

const columns =
  'id, name, hash, scopes, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt", revoked_at AS "revokedAt", previous_hash AS "previousHash", previous_until AS "previousUntil"';

/** Keys in decided.api_key, with what was found lately in memory. Methods reject where the database does. */
export function openKeyStore(options: KeyStoreOptions): KeyStore {
  return new PostgresKeyStore(options);
}

class PostgresKeyStore implements KeyStore {
  private readonly cache = new Map<string, { key: KeyRecord; until: number }>();
  private readonly finding = new Map<string, Promise<KeyRecord | null>>();
  private changes = 0;
  private touched = new Map<string, number>();
  private readonly touching: NodeJS.Timeout;

  constructor(private readonly options: KeyStoreOptions) {
    this.touching = setInterval(() => void this.writeTouched(), TOUCH_MS).unref();
  }

  async find(id: string, { fresh = false } = {}): Promise<KeyRecord | null> {
    const cached = this.cache.get(id);
    if (!fresh && cached && cached.until > this.options.clock.now()) return cached.key;
    // One question for all who ask for the same key at the same time.
    const known = this.finding.get(id);
    if (known) return known;
    const finding = this.load(id, cached?.key).finally(() => {
      if (this.finding.get(id) === finding) this.finding.delete(id);
    });
    this.finding.set(id, finding);
    return finding;
  }

  private async load(id: string, stale: KeyRecord | undefined): Promise<KeyRecord | null> {
    const { changes } = this;
    // While the database is away nobody can revoke a key, and what does not need the database goes on.
    const key = await (stale ? ifSoon(this.read(id), stale) : this.read(id));
    // What was read before a change may be of before it.
    if (changes === this.changes) this.remember(id, key);
    return key;
  }

  private async read(id: string): Promise<KeyRecord | null> {
    const [row] = await this.options.database.query<ApiKeyEntity[]>(
      `SELECT ${columns} FROM decided.api_key WHERE id = $1`,
      [id],
    );
    return row ? keyRecord(row) : null;
  }

  /** Ids that do not exist are not remembered: there is any number of them. */
  private remember(id: string, key: KeyRecord | null): void {
    this.cache.delete(id);
    if (!key) return;
    const [oldest] = this.cache.keys();
    if (this.cache.size >= CACHE_KEYS_MAX) this.cache.delete(oldest);
    this.cache.set(id, { key, until: this.options.clock.now() + CACHE_MS });
  }

  async create(key: MintedHash & NewKey, actor: string, request?: KeyedRequest): Promise<KeyRecord> {
    return this.options.database.transaction(async (manager) => {
      await once(manager, request);
      return this.insert(manager, key, actor);
    });
  }

  async createFirstAdmin(key: MintedHash & NewKey, beforehand: () => void): Promise<KeyRecord | null> {
    return this.options.database.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [FIRST_ADMIN_LOCK]);
      const [{ found }] = await manager.query<{ found: boolean }[]>(
        `SELECT EXISTS (SELECT FROM decided.api_key
           WHERE 'admin' = ANY (scopes) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)) AS found`,
        [new Date(this.options.clock.now())],
      );
      if (found) return null;
      const created = await this.insert(manager, key, WEIR);
      beforehand();
      return created;
    });
  }

  private async insert(manager: EntityManager, key: MintedHash & NewKey, actor: string): Promise<KeyRecord> {
    const at = new Date(this.options.clock.now());
    const name = storable(key.name);
    const expires = key.expiresAt === null ? null : new Date(key.expiresAt);
    const [row] = await manager.query<ApiKeyEntity[]>(
      `INSERT INTO decided.api_key (id, name, hash, scopes, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`,
      [key.id, name, key.hash, key.scopes, at, expires],
    );
    const facts = { name, scopes: key.scopes, expiresAt: expires };
    await writeAudit(manager, { at, actor, action: 'key.created', subject: `key:${key.id}`, facts });
    return keyRecord(row);
  }

  async list(): Promise<KeyRecord[]> {
    const rows = await this.options.database.query<ApiKeyEntity[]>(
      `SELECT ${columns} FROM decided.api_key ORDER BY created_at DESC, id`,
    );
    return rows.map(keyRecord);
  }

  async revoke(id: string, actor: string): Promise<boolean> {
    const at = new Date(this.options.clock.now());
    const found = await this.options.database.transaction(async (manager) => {
      const [row] = await manager.query<{ revoked: boolean }[]>(
        'SELECT revoked_at IS NOT NULL AS revoked FROM decided.api_key WHERE id = $1 FOR UPDATE',
        [storable(id)],
      );
      if (!row) return false;
      if (row.revoked) return true;
      await manager.query('UPDATE decided.api_key SET revoked_at = $2 WHERE id = $1', [id, at]);
      await writeAudit(manager, { at, actor, action: 'key.revoked', subject: `key:${id}`, facts: {} });
      return true;
    });
    this.forget(id);
    return found;
  }

  async rotate(
    id: string,
    hash: Buffer,
    previousUntil: number,
    actor: string,
    request?: KeyedRequest,
  ): Promise<Rotation> {
    const now = this.options.clock.now();
    const [at, until] = [new Date(now), new Date(previousUntil)];
    const rotation = await this.options.database.transaction<Rotation>(async (manager) => {
      const [row] = await manager.query<ApiKeyEntity[]>(
        `SELECT ${columns} FROM decided.api_key WHERE id = $1 FOR UPDATE`,
        [storable(id)],
      );
      if (!row) return { kind: 'unknown' };
      const was = keyRecord(row);
      if (was.revokedAt !== null || (was.expiresAt !== null && was.expiresAt <= now)) return { kind: 'over' };
      await once(manager, request);
      await manager.query(
        'UPDATE decided.api_key SET hash = $2, previous_hash = hash, previous_until = $3 WHERE id = $1',
        [id, hash, until],
      );
      const facts = { previousUntil: until };
      await writeAudit(manager, { at, actor, action: 'key.rotated', subject: `key:${id}`, facts });
      return { kind: 'rotated', key: { ...was, hash, previous: { hash: was.hash, until: previousUntil } } };
    });
    this.forget(id);
    return rotation;
  }

  /** The key has changed: what is in memory, or on its way there, may be of before. */
  private forget(id: string): void {
    this.changes++;
    this.cache.delete(id);
    this.finding.delete(id);
  }

  touch(id: string): void {
    this.touched.set(id, this.options.clock.now());
  }

  async close(): Promise<void> {
    clearInterval(this.touching);
    await this.writeTouched();
  }

  private async writeTouched(): Promise<void> {
    if (this.touched.size === 0) return;
    const touched = this.touched;
    this.touched = new Map();
    try {
      await this.options.database.query(
        `UPDATE decided.api_key AS k SET last_used_at = greatest(k.last_used_at, used.at)
         FROM unnest($1::text[], $2::timestamptz[]) AS used (id, at) WHERE k.id = used.id`,
        [[...touched.keys()], [...touched.values()].map((ms) => new Date(ms))],
      );
    } catch (error) {
      this.touched = new Map([...touched, ...this.touched]);
      this.options.onProblem?.(error as Error);
    }
  }
}

/** What it resolves with, or else `otherwise`: also where it takes too long. */
async function ifSoon<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  const timer = new AbortController();
  const late = delay(PATIENCE_MS, otherwise, { signal: timer.signal });
  late.catch(() => {});
  const first = await Promise.race([answer, late]).catch(() => otherwise);
  timer.abort();
  return first;
}

function keyRecord(row: ApiKeyEntity): KeyRecord {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scopes: row.scopes as Scope[],
    createdAt: row.createdAt.getTime(),
    expiresAt: row.expiresAt?.getTime() ?? null,
    lastUsedAt: row.lastUsedAt?.getTime() ?? null,
    revokedAt: row.revokedAt?.getTime() ?? null,
    previous: row.previousHash && row.previousUntil && { hash: row.previousHash, until: row.previousUntil.getTime() },
  };
}
