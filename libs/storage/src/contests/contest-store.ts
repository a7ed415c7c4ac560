import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import type { Clock } from '#libs/clock';
import type { Mode, Narrowing } from '#libs/ranking';
import { writeAudit } from '../audit/write-audit.js';
import { StorageError } from '../errors.js';
import { once } from '../idempotency/once.js';
import { storable } from '../storable.js';
import { lockContestsSql } from './lock-contests.sql.js';
import { markStale } from './stale.js';

/** A contest as people set it up. */
export interface Contest {
  id: string;
  title: string;
  mode: Mode;
  /** Trending: after so many seconds a vote counts half. */
  halfLifeSeconds: number;
  /** Names of rules whose alerts discount votes. */
  discountingRules: readonly string[];
  /** How it comes down to its best; null: it does not. */
  narrowing: Narrowing | null;
  /** ms; votes of a later time don't count. Null: it is open. */
  closedAt: number | null;
  /** How often it was changed; 1 when new. */
  change: number;
  /** ms */
  createdAt: number;
}

export type NewContest = Omit<Contest, 'closedAt' | 'change' | 'createdAt'>;

export type ContestChange = Partial<Pick<Contest, 'title' | 'halfLifeSeconds' | 'discountingRules' | 'narrowing'>> & {
  state?: 'open' | 'closed';
};

interface Row {
  id: string;
  title: string;
  mode: Mode;
  half_life_seconds: number;
  discounting_rules: string[];
  closed_at: Date | null;
  narrowing: Narrowing | null;
  change: number;
  created_at: Date;
}

const columns = 'id, title, mode, half_life_seconds, discounting_rules, closed_at, change, created_at, narrowing';

/** Contests in decided.contest, with an audit trail. Methods reject where the database does. */
export class ContestStore {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /** By id, after `cursor`: the id that the page before ended with. */
  async list({ limit, cursor = '' }: { limit: number; cursor?: string }): Promise<Contest[]> {
    const rows = await this.database.query<Row[]>(
      `SELECT ${columns} FROM decided.contest WHERE id > $1 ORDER BY id LIMIT $2`,
      [storable(cursor), limit],
    );
    return rows.map(contestOf);
  }

  async find(id: string): Promise<Contest | null> {
    const [row] = await this.database.query<Row[]>(`SELECT ${columns} FROM decided.contest WHERE id = $1`, [
      storable(id),
    ]);
    return row ? contestOf(row) : null;
  }

  /** What a `request` asks for is done once. Rejects with CONTEST_EXISTS. */
  async add(given: NewContest, actor: string, request?: KeyedRequest): Promise<Contest> {
    const at = new Date(this.clock.now());
    return this.database.transaction(async (manager) => {
      await once(manager, request);
      return insert(manager, given, { actor, at });
    });
  }

  /** `expected`: the change that it must stand at. Null: there is none. Rejects with CONTEST_CHANGED. */
  async change(id: string, given: ContestChange, actor: string, expected?: number): Promise<Contest | null> {
    const at = new Date(this.clock.now());
    return this.database.transaction(async (manager) => {
      const [row] = await manager.query<Row[]>(`SELECT ${columns} FROM decided.contest WHERE id = $1 FOR UPDATE`, [
        storable(id),
      ]);
      if (!row) return null;
      const before = contestOf(row);
      if (expected !== undefined && expected !== before.change)
        throw new StorageError('CONTEST_CHANGED', `Contest ${id} was changed since: read it again.`, { id });
      const { state, ...rest } = given;
      const closedAt =
        state === 'open' ? null : state === 'closed' ? (before.closedAt ?? at.getTime()) : before.closedAt;
      const after = { ...before, ...rest, closedAt, change: before.change + 1 };
      await manager.query(
        `UPDATE decided.contest SET title = $2, half_life_seconds = $3, discounting_rules = $4, closed_at = $5, change = $6, narrowing = $7
         WHERE id = $1`,
        [
          before.id,
          storable(after.title),
          after.halfLifeSeconds,
          after.discountingRules.map(storable),
          closedAt === null ? null : new Date(closedAt),
          after.change,
          after.narrowing,
        ],
      );
      const isCountedElse = closedAt !== before.closedAt || after.halfLifeSeconds !== before.halfLifeSeconds;
      if (isCountedElse) {
        await manager.query(lockContestsSql.alone);
        await markStale(manager, id);
      }
      await writeAudit(manager, { at, actor, action: 'contest.changed', subject: `contest:${id}`, facts: given });
      return after;
    });
  }
}

async function insert(
  manager: EntityManager,
  { id, title, mode, halfLifeSeconds, discountingRules, narrowing }: NewContest,
  { actor, at }: { actor: string; at: Date },
): Promise<Contest> {
  const [row] = await manager.query<Row[]>(
    `INSERT INTO decided.contest (${columns}) VALUES ($1, $2, $3, $4, $5, NULL, 1, $6, $7)
     ON CONFLICT DO NOTHING RETURNING ${columns}`,
    [id, storable(title), mode, halfLifeSeconds, discountingRules.map(storable), at, narrowing],
  );
  if (!row)
    throw new StorageError('CONTEST_EXISTS', `There is a contest ${id}: choose another id, or PATCH it.`, { id });
  if (mode === 'trending') {
    // What was voted before was not weighed by its half-life.
    await manager.query(lockContestsSql.alone);
    if (await hasVotes(manager, id)) await markStale(manager, id);
  }
  const facts = { title, mode, halfLifeSeconds, discountingRules, narrowing };
  await writeAudit(manager, { at, actor, action: 'contest.created', subject: `contest:${id}`, facts });
  return contestOf(row);
}

async function hasVotes(manager: EntityManager, contest: string): Promise<boolean> {
  const sql = 'SELECT EXISTS (SELECT FROM computed.contest_vote WHERE contest = $1) AS found';
  const [{ found }] = await manager.query<{ found: boolean }[]>(sql, [contest]);
  return found;
}

function contestOf(row: Row): Contest {
  return {
    id: row.id,
    title: row.title,
    mode: row.mode,
    halfLifeSeconds: row.half_life_seconds,
    discountingRules: row.discounting_rules,
    closedAt: row.closed_at?.getTime() ?? null,
    narrowing: row.narrowing,
    change: row.change,
    createdAt: row.created_at.getTime(),
  };
}
