import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { isGrouped, type Target, type TargetSettings } from '#libs/notification';
import { writeAudit } from '../audit/write-audit.js';
import { prepared } from '../database/prepared.js';
import { StorageError } from '../errors.js';
import { once } from '../idempotency/once.js';
import { storable } from '../storable.js';
import type { WebhookEntity } from './webhook.entity.js';

/** A target as it is kept. `at`: ms since the epoch. */
export interface StoredTarget extends Target {
  version: number;
  actor: string;
  at: number;
}

const columns = 'id, settings, secrets, version, actor, at';
/** The newest one, and the one before it. */
const SECRETS_MAX = 2;

/** All targets, in the caller's transaction. */
export async function readTargets(manager: EntityManager): Promise<StoredTarget[]> {
  const rows = await manager.query<WebhookEntity[]>(targetsSql);
  return rows.map(stored);
}

const targetsSql = prepared(`SELECT ${columns} FROM decided.webhook ORDER BY id`);

/** Targets of notifications in decided.webhook. Every change is in the audit log. Methods reject where the database does. */
export class WebhookStore {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  list(): Promise<StoredTarget[]> {
    return readTargets(this.database.manager);
  }

  async get(id: string): Promise<StoredTarget | null> {
    return find(this.database.manager, id, '');
  }

  /** Writes a target; `expected`: the version that whoever asks has seen, 0 for none, null for any. Rejects with WEBHOOK_CHANGED. */
  async put(target: Target, actor: string, expected: number | null): Promise<StoredTarget> {
    return this.change(target.id, expected, async (manager, known) => {
      const secrets = known && known.secrets.length > 0 ? known.secrets : target.secrets;
      if (!known) await refuseMore(manager);
      const action = known ? 'webhook.changed' : 'webhook.created';
      // What waited for others to be told with is told by itself where the target wants that now.
      if (!isGrouped(target)) await manager.query(singleSql, [target.id]);
      return this.write(manager, { ...target, secrets, version: known?.version ?? 0 }, actor, action);
    });
  }

  /** Sign with these from now on, the newest first; null: there is no such target. What a `request` asks for is done once. */
  async setSecrets(
    id: string,
    choose: (secrets: readonly string[]) => string[],
    actor: string,
    request?: KeyedRequest,
  ): Promise<StoredTarget | null> {
    return this.change(id, null, async (manager, known) => {
      if (!known) return null;
      await once(manager, request);
      const secrets = choose(known.secrets).slice(0, SECRETS_MAX);
      return this.write(manager, { ...known, secrets }, actor, 'webhook.secrets');
    });
  }

  /** Takes a target away, with all that was or is to be sent there. False: there is none. */
  async delete(id: string, actor: string, expected: number | null): Promise<boolean> {
    return this.change(id, expected, async (manager, known) => {
      if (!known) return false;
      await manager.query('DELETE FROM decided.webhook WHERE id = $1', [id]);
      await manager.query('DELETE FROM sent.outbox WHERE target = $1', [id]);
      await manager.query('DELETE FROM sent.conversation WHERE target = $1', [id]);
      await manager.query('DELETE FROM sent.pause WHERE target = $1', [id]);
      await this.audit(manager, known, actor, 'webhook.deleted');
      return true;
    });
  }

  private async write(
    manager: EntityManager,
    target: Target & { version: number },
    actor: string,
    action: string,
  ): Promise<StoredTarget> {
    const next = { ...target, version: target.version + 1, actor, at: this.clock.now() };
    await manager.query(
      `INSERT INTO decided.webhook (${columns}) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (id) DO UPDATE SET settings = $2, secrets = $3, version = $4, actor = $5, at = $6`,
      [next.id, JSON.stringify(next.settings), next.secrets, next.version, actor, new Date(next.at)],
    );
    await this.audit(manager, next, actor, action);
    return next;
  }

  /** What is secret is not in it: neither what signs nor what a URL may hold. */
  private async audit(manager: EntityManager, { id, settings }: Target, actor: string, action: string): Promise<void> {
    const { url, ...facts } = settings;
    const at = new Date(this.clock.now());
    await writeAudit(manager, {
      at,
      actor,
      action,
      subject: `webhook:${id}`,
      facts: { ...facts, host: new URL(url).host },
    });
  }

  private change<T>(
    id: string,
    expected: number | null,
    make: (manager: EntityManager, known: StoredTarget | null) => Promise<T>,
  ): Promise<T> {
    return this.database.transaction(async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock(${WEBHOOK_LOCK}, hashtext($1))`, [storable(id)]);
      const known = await find(manager, id, 'FOR UPDATE');
      const version = known?.version ?? 0;
      if (expected !== null && expected !== version) {
        const said = known
          ? `${id} was changed by ${known.actor} at ${new Date(known.at).toISOString()}`
          : `${id} is no longer there`;
        throw new StorageError('WEBHOOK_CHANGED', `${said}. Read it again, and decide anew.`, {
          id,
          expected,
          version,
        });
      }
      return make(manager, known);
    });
  }
}

/** Each may have some messages in memory. */
const TARGETS_MAX = 200;

async function refuseMore(manager: EntityManager): Promise<void> {
  const [{ count }] = await manager.query<{ count: number }[]>(
    'SELECT count(*)::integer AS count FROM decided.webhook',
  );
  if (count < TARGETS_MAX) return;
  throw new StorageError('WEBHOOKS_TOO_MANY', `There are ${count} webhooks already: remove some.`, { count });
}

const singleSql = `UPDATE sent.outbox SET message = id WHERE target = $1 AND state = 'waiting' AND message IS NULL`;
/** Of two who make the same target at once the second one sees the first one's. */
const WEBHOOK_LOCK = 7_237_110;

async function find(manager: EntityManager, id: string, lock: '' | 'FOR UPDATE'): Promise<StoredTarget | null> {
  const [row] = await manager.query<WebhookEntity[]>(`SELECT ${columns} FROM decided.webhook WHERE id = $1 ${lock}`, [
    storable(id),
  ]);
  return row ? stored(row) : null;
}

const stored = (row: WebhookEntity): StoredTarget => ({
  ...row,
  settings: row.settings as TargetSettings,
  at: row.at.getTime(),
});
