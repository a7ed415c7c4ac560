import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import type { Clock } from '#libs/clock';
import type { Matchers } from '#libs/silencing';
import { writeAudit } from '../audit/write-audit.js';
import { prepared } from '../database/prepared.js';
import { lockBlockingSql } from '../decisions/lock-blocking.sql.js';
import { StorageError } from '../errors.js';
import { once } from '../idempotency/once.js';
import { storable } from '../storable.js';
import type { NewSilence, Silence, SilenceKind, SilenceSource } from './silence.js';

const columns = 'id, kind, matchers, starts_at, ends_at, author, reason, source, created_at, ended_at, ended_by';

interface Row {
  id: string;
  kind: SilenceKind;
  matchers: Matchers;
  starts_at: Date;
  ends_at: Date | null;
  author: string;
  reason: string;
  source: SilenceSource;
  created_at: Date;
  ended_at: Date | null;
  ended_by: string | null;
}

/** What a file says. */
export interface FileSilence extends NewSilence {
  kind: SilenceKind;
  /** The same for the same words. */
  key: string;
}

export interface SilencesQuery {
  ended?: boolean;
  /** Default 50. */
  limit?: number;
  /** Where the page before ended. */
  cursor?: string;
}

export interface SilencePage {
  items: Silence[];
  next: string | null;
}

/** Where a silence comes from, and who is its author. */
interface Origin {
  source: SilenceSource;
  author: string;
  actor: string;
  fileKey: string | null;
}

/** Silences and allowlists in decided.silence. Methods reject where the database does. */
export class SilenceStore {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /** The newest first; those that ended too, where `ended`. Rejects with CURSOR_INVALID. */
  async list(kind: SilenceKind, { ended = false, limit = 50, cursor }: SilencesQuery = {}): Promise<SilencePage> {
    const still = '($3::boolean OR (ended_at IS NULL AND (ends_at IS NULL OR ends_at > $2)))';
    const after = cursor === undefined ? null : readCursor(cursor);
    const rows = await this.database.query<Row[]>(
      `SELECT ${columns} FROM decided.silence
       WHERE kind = $1 AND ${still} AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5))
       ORDER BY created_at DESC, id DESC LIMIT $6`,
      [kind, new Date(this.clock.now()), ended, after && new Date(after.createdAt), after?.id ?? null, limit + 1],
    );
    const items = rows.slice(0, limit).map(silence);
    return { items, next: rows.length > limit ? cursorAt(items[limit - 1]) : null };
  }

  async find(kind: SilenceKind, id: string): Promise<Silence | null> {
    const [row] = await this.database.query<Row[]>(
      `SELECT ${columns} FROM decided.silence WHERE kind = $1 AND id = $2`,
      [kind, storable(id)],
    );
    return row ? silence(row) : null;
  }

  /** What a `request` asks for is done once. */
  async add(kind: SilenceKind, given: NewSilence, actor: string, request?: KeyedRequest): Promise<Silence> {
    const origin: Origin = { source: 'api', author: actor, actor, fileKey: null };
    return this.change((manager) => this.insert(manager, kind, given, origin), request);
  }

  /** Takes one back; one that ended stays as it ended. Null: there is none. */
  async end(kind: SilenceKind, id: string, actor: string): Promise<Silence | null> {
    return this.change((manager) => this.endOne(manager, kind, storable(id), actor));
  }

  /** Alerts that each has held back so far, by id. */
  async held(ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.database.query<{ id: string; alerts: string }[]>(
      'SELECT silence_id AS id, count(*) AS alerts FROM computed.held_alert WHERE silence_id = ANY ($1) GROUP BY 1',
      [ids],
    );
    return new Map(rows.map(({ id, alerts }) => [id, Number(alerts)]));
  }

  /** What a file says now: what is new begins, what it no longer says ends. Returns how many did either. */
  async recordFile(wanted: readonly FileSilence[], file: string): Promise<number> {
    return this.change(async (manager) => {
      const rows = await manager.query<{ id: string; kind: SilenceKind; key: string }[]>(
        `SELECT id, kind, file_key AS key FROM decided.silence WHERE source = 'file' AND ended_at IS NULL`,
      );
      const here = new Set(wanted.map(({ key }) => key));
      const known = new Set(rows.map(({ key }) => key));
      const gone = rows.filter(({ key }) => !here.has(key));
      const fresh = wanted.filter(({ key }) => !known.has(key));
      for (const { kind, id } of gone) await this.endOne(manager, kind, id, 'file');
      for (const { kind, key, ...given } of fresh) {
        await this.insert(manager, kind, given, { source: 'file', author: file, actor: 'file', fileKey: key });
      }
      return gone.length + fresh.length;
    });
  }

  private async insert(
    manager: EntityManager,
    kind: SilenceKind,
    given: NewSilence,
    { source, author, actor, fileKey }: Origin,
  ): Promise<Silence> {
    const at = new Date(this.clock.now());
    const starts = given.startsAt === undefined ? at : new Date(given.startsAt);
    const ends = given.endsAt === null ? null : new Date(given.endsAt);
    const [row] = await manager.query<Row[]>(
      `INSERT INTO decided.silence
         (id, kind, matchers, starts_at, ends_at, author, reason, source, file_key, created_at, change)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, nextval('decided.blocking_change'))
       RETURNING ${columns}`,
      [randomUUID(), kind, plain(given.matchers), starts, ends, author, storable(given.reason), source, fileKey, at],
    );
    const facts = { matchers: row.matchers, startsAt: starts, endsAt: ends, reason: row.reason };
    await note(manager, at, actor, `${kind}.created`, row, facts);
    return silence(row);
  }

  private async endOne(manager: EntityManager, kind: SilenceKind, id: string, actor: string): Promise<Silence | null> {
    const at = new Date(this.clock.now());
    const [row] = await manager.query<Row[]>(
      `SELECT ${columns} FROM decided.silence WHERE kind = $1 AND id = $2 FOR UPDATE`,
      [kind, id],
    );
    if (!row) return null;
    const known = silence(row);
    if (known.endedAt !== null || (known.endsAt !== null && known.endsAt <= at.getTime())) return known;
    await manager.query(
      `UPDATE decided.silence SET ended_at = $2, ended_by = $3, change = nextval('decided.blocking_change') WHERE id = $1`,
      [id, at, actor],
    );
    await note(manager, at, actor, `${kind}.ended`, known, {});
    return { ...known, endedAt: at.getTime(), endedBy: actor };
  }

  private async change<T>(make: (manager: EntityManager) => Promise<T>, request?: KeyedRequest): Promise<T> {
    return this.database.transaction(async (manager) => {
      await once(manager, request);
      await manager.query(lockBlockingSql);
      return make(manager);
    });
  }
}

/** Silences and entries of the allowlist that hold at a time (ms since the epoch): their alerts are to bother nobody. */
export async function activeSilences(database: Pick<DataSource, 'query'>, at: number): Promise<Silence[]> {
  return silencesBetween(database, at, at);
}

/** Those that hold at some moment of these, the ends included. */
export async function silencesBetween(
  database: Pick<DataSource, 'query'>,
  from: number,
  to: number,
): Promise<Silence[]> {
  const rows = await database.query<Row[]>(silencesBetweenSql, [new Date(from), new Date(to)]);
  return rows.map(silence);
}

const silencesBetweenSql = prepared(`
  SELECT ${columns} FROM decided.silence
  WHERE greatest(starts_at, created_at) <= $2 AND (least(ends_at, ended_at) IS NULL OR least(ends_at, ended_at) > $1)
  ORDER BY created_at, id`);

/** All entries that the allowlist ever had. */
export async function allowlistEver(database: Pick<DataSource, 'query'>): Promise<Silence[]> {
  const rows = await database.query<Row[]>(`SELECT ${columns} FROM decided.silence WHERE kind = 'allowlist'`);
  return rows.map(silence);
}

async function note(
  manager: EntityManager,
  at: Date,
  actor: string,
  action: string,
  { kind, id }: { kind: SilenceKind; id: string },
  facts: object,
): Promise<void> {
  await writeAudit(manager, { at, actor, action, subject: `${kind}:${id}`, facts });
}

function cursorAt({ createdAt, id }: Silence): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url');
}

function readCursor(cursor: string): { createdAt: number; id: string } {
  const found = /^(\d{1,15}) ([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (found) return { createdAt: Number(found[1]), id: found[2] };
  throw new StorageError('CURSOR_INVALID', 'That cursor is not one of ours. Start again without it.', { cursor });
}

/** As jsonb can keep it. */
function plain(matchers: Matchers): string {
  return JSON.stringify(matchers, (_, value: unknown) => (typeof value === 'string' ? storable(value) : value));
}

function silence(row: Row): Silence {
  return {
    id: row.id,
    kind: row.kind,
    matchers: row.matchers,
    startsAt: row.starts_at.getTime(),
    endsAt: row.ends_at?.getTime() ?? null,
    author: row.author,
    reason: row.reason,
    source: row.source,
    createdAt: row.created_at.getTime(),
    endedAt: row.ended_at?.getTime() ?? null,
    endedBy: row.ended_by,
  };
}
