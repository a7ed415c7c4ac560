import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import type { Step } from '#libs/ranking';
import { writeAudit } from '../audit/write-audit.js';
import { StorageError } from '../errors.js';
import { once } from '../idempotency/once.js';
import { storable } from '../storable.js';
import { insertStepsSql } from './insert-steps.sql.js';

/** A step as it is kept. */
export interface StoredStep extends Step {
  /** Its number; the first is 1. */
  step: number;
  /** The round that it ended, or held. */
  round: number;
  /** Who took it; null: a deadline. */
  actor: string | null;
  undoneBy: string | null;
}

export type NewStep = Pick<StoredStep, 'round' | 'action' | 'at' | 'takenAt' | 'actor' | 'judged'>;

/** What is to become of a contest's steps. */
export interface Taken {
  add: readonly NewStep[];
  /** The last step, with those that are added, is undone. */
  undo: boolean;
}

/** Who asks for a step. What a `request` asks for is done once. */
export interface StepRequest {
  contest: string;
  actor: string;
  request?: KeyedRequest;
}

/** What a decision rests on. */
export interface Seen {
  /** Of the contest. */
  change: number;
  steps: readonly StoredStep[];
}

interface Row {
  step: number;
  round: number;
  action: Step['action'];
  at: Date;
  taken_at: Date;
  actor: string | null;
  judged: Step['judged'];
  undone_at: Date | null;
  undone_by: string | null;
}

/** Steps of contests in decided.contest_step, with an audit trail. Methods reject where the database does. */
export class StepStore {
  constructor(private readonly database: DataSource) {}

  /** The oldest first, the undone ones among them. */
  list(contest: string): Promise<StoredStep[]> {
    return stepsOf(this.database.manager, contest);
  }

  /**
   * Resolves to the step that was added last, or undone; null where there is no such contest, or nothing was decided. Rejects with CONTEST_CHANGED
   * where the contest is not what was seen any more, and with what `decided` throws, both unless the request was done before.
   */
  async take(asking: StepRequest, seen: Seen, at: number, decided: () => Taken): Promise<StoredStep | null> {
    const { contest, request } = asking;
    return this.database.transaction(async (manager) => {
      const sql = 'SELECT change FROM decided.contest WHERE id = $1 FOR UPDATE';
      const [found] = await manager.query<{ change: number }[]>(sql, [storable(contest)]);
      if (!found) return null;
      await once(manager, request);
      const steps = await stepsOf(manager, contest);
      const undone = (some: readonly StoredStep[]) => some.filter(({ undoneAt }) => undoneAt !== null).length;
      const isSeen = steps.length === seen.steps.length && undone(steps) === undone(seen.steps);
      if (found.change !== seen.change || !isSeen)
        throw new StorageError('CONTEST_CHANGED', `Contest ${contest} was changed since: read it again.`, { contest });
      return this.write(manager, asking, new Date(at), steps, decided());
    });
  }

  private async write(
    manager: EntityManager,
    { contest, actor }: StepRequest,
    at: Date,
    steps: readonly StoredStep[],
    { add, undo }: Taken,
  ): Promise<StoredStep | null> {
    const first = (steps.at(-1)?.step ?? 0) + 1;
    const added = add.map((one, i): StoredStep => ({ ...one, step: first + i, undoneAt: null, undoneBy: null }));
    await manager.query(insertStepsSql, [JSON.stringify(added.map((one) => rowOf(contest, one)))]);
    for (const one of added) await audit(manager, contest, at, one.actor, one);
    let last = added.at(-1) ?? null;
    const undone = undo ? [...steps, ...added].findLast(({ undoneAt }) => undoneAt === null) : undefined;
    if (undone) {
      last = { ...undone, undoneAt: at.getTime(), undoneBy: actor };
      await manager.query(
        'UPDATE decided.contest_step SET undone_at = $3, undone_by = $4 WHERE contest = $1 AND step = $2',
        [contest, undone.step, at, actor],
      );
      await audit(manager, contest, at, actor, last);
    }
    // A deadline changes nothing that was not so before: it was computed until now.
    if (undo || added.some(({ action }) => action !== 'deadline'))
      await manager.query('UPDATE decided.contest SET change = change + 1 WHERE id = $1', [contest]);
    return last;
  }
}

async function stepsOf(manager: EntityManager, contest: string): Promise<StoredStep[]> {
  const rows = await manager.query<Row[]>(
    `SELECT step, round, action, at, taken_at, actor, judged, undone_at, undone_by
     FROM decided.contest_step WHERE contest = $1 ORDER BY step`,
    [contest],
  );
  return rows.map(({ at, taken_at, undone_at, undone_by, ...row }) => ({
    ...row,
    at: at.getTime(),
    takenAt: taken_at.getTime(),
    undoneAt: undone_at?.getTime() ?? null,
    undoneBy: undone_by,
  }));
}

const rowOf = (contest: string, { step, round, action, at, takenAt, actor, judged }: StoredStep): object => ({
  contest,
  step,
  round,
  action,
  at: new Date(at).toISOString(),
  taken_at: new Date(takenAt).toISOString(),
  actor,
  judged,
});

/** Deadlines are nobody's decision: they are noted as Weir's. */
function audit(
  manager: EntityManager,
  contest: string,
  at: Date,
  actor: string | null,
  { step, round, action, judged, undoneAt, at: until }: StoredStep,
): Promise<void> {
  const stay = judged.filter(({ stays }) => stays).length;
  const facts = { step, round, action, at: new Date(until).toISOString(), stay, leave: judged.length - stay };
  const verb = undoneAt !== null ? 'undone' : action === 'freeze' ? 'frozen' : 'ended';
  const entry = { at, action: `contest.round-${verb}`, subject: `contest:${contest}`, facts };
  return writeAudit(manager, { ...entry, actor: actor ?? 'weir' });
}
