import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { type AlertFilter, matchingAlerts } from '../alerts/filter-alerts.js';
import { lockChangesSql } from '../alerts/lock-changes.sql.js';
import { notifyChangesSql } from '../alerts/notify-changes.sql.js';
import { writeAudit } from '../audit/write-audit.js';
import { StorageError } from '../errors.js';
import { once } from '../idempotency/once.js';
import { storable } from '../storable.js';
import { followMergedSql, triageHistorySql } from './follow-merged.sql.js';
import { type TriageChange, type TriageState, type TriageStep, takeStep } from './triage.js';
import { writeTriageSql } from './write-triage.sql.js';

/** Alerts that one request may change. */
export const SELECTION_ALERTS_MAX = 1_000;
/** How far a selection is counted that is only looked at. */
const COUNTED_ALERTS_MAX = 10_000;

/** Which alerts: by id, or those that a list with this filter shows. */
export type Selection = { ids: readonly string[] } | { filter: AlertFilter };

export interface SelectionTriaged {
  /** Alerts of the selection; with `dryRun` counted up to 10,000. */
  matched: number;
  /** Of these, those that were not so before. */
  changed: string[];
  /** Ids that are no alert's. */
  unknown: string[];
}

type Row = TriageState & { id: string; state: string; triageChange: string };

/** What people decide about alerts: decided.triage, and every step in decided.triage_change. Methods reject where the database does. */
export class TriageStore {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Number of the last step that was taken about an alert itself, 0 before the first; null: there is no such alert.
   */
  async changeOf(id: string): Promise<number | null> {
    const [row] = await rowsOf(this.database.manager, [storable(id)]);
    return row ? Number(row.triageChange) : null;
  }

  /**
   * Takes a step about one alert. `seen`: the last step that whoever asks knows of; null: whatever it is. The number of
   * the last step; null: there is no such alert. Rejects with ALERT_CHANGED where somebody else came first, with
   * ALERT_MERGED where the alert is now part of another one.
   */
  async take(id: string, given: TriageStep, actor: string, seen: number | null): Promise<number | null> {
    const step = storableStep(given);
    return this.change(async (manager) => {
      const [row] = await rowsOf(manager, [storable(id)]);
      if (!row) return null;
      if (row.state === 'merged') throw merged(id, (await follow(manager, [id])).get(id));
      const change = Number(row.triageChange);
      if (seen !== null && seen !== change) throw changed(id, seen, change);
      const [written] = await this.write(manager, [row], step, actor);
      if (!written) return change;
      const facts = { actions: written.actions, change: written.change };
      await this.audit(manager, actor, 'alert.triaged', `alert:${row.id}`, facts);
      return written.change;
    });
  }

  /**
   * Takes a step about each alert of a selection; merged ones stand for those that they are part of. What a
   * `request` asks for is done once. Rejects with SELECTION_TOO_LARGE.
   */
  async takeEach(
    selection: Selection,
    given: TriageStep,
    actor: string,
    request?: KeyedRequest,
  ): Promise<SelectionTriaged> {
    const step = storableStep(given);
    return this.change(async (manager) => {
      const { ids, unknown } = await this.select(manager, selection, SELECTION_ALERTS_MAX + 1);
      if (ids.length > SELECTION_ALERTS_MAX) throw tooLarge();
      const written = await this.write(manager, await rowsOf(manager, ids), step, actor);
      const facts = { ...step, selection, alerts: written.length };
      if (written.length > 0) await this.audit(manager, actor, 'alerts.triaged', 'alerts', facts);
      return { matched: ids.length, changed: written.map(({ id }) => id), unknown };
    }, request);
  }

  /** How many alerts a selection has, up to 10,000, and how many of those would not stay as they are. */
  async look(selection: Selection, step: TriageStep): Promise<SelectionTriaged> {
    return this.database.transaction('REPEATABLE READ', async (manager) => {
      const { ids, unknown } = await this.select(manager, selection, COUNTED_ALERTS_MAX);
      const rows = await rowsOf(manager, ids);
      const changed = rows.filter((row) => takeStep(row, step).actions.length > 0).map(({ id }) => id);
      return { matched: ids.length, changed, unknown };
    });
  }

  /** What was done about an alert and those merged into it, the newest first; of a merged one, that of the alert it is part of. */
  async history(id: string): Promise<TriageChange[]> {
    const rows = await this.database.query<(Omit<TriageChange, 'change' | 'at'> & { change: string; at: Date })[]>(
      triageHistorySql,
      [storable(id)],
    );
    return rows.map((row) => ({ ...row, change: Number(row.change), at: row.at.toISOString() }));
  }

  private async select(manager: EntityManager, selection: Selection, max: number) {
    if ('filter' in selection) return { ids: await matchingAlerts(manager, selection.filter, max), unknown: [] };
    const found = await follow(manager, selection.ids.map(storable));
    return { ids: [...new Set(found.values())], unknown: selection.ids.filter((id) => !found.has(storable(id))) };
  }

  private async write(manager: EntityManager, rows: readonly Row[], step: TriageStep, actor: string) {
    const steps = rows.flatMap((row) => {
      const { after, actions } = takeStep(row, step);
      return actions.length === 0 ? [] : [{ alert_id: row.id, ...after, note: step.note ?? null, actions }];
    });
    if (steps.length === 0) return [];
    const written = await manager.query<{ id: string; change: string }[]>(writeTriageSql, [
      JSON.stringify(steps),
      actor,
      new Date(this.clock.now()),
    ]);
    const byId = new Map(steps.map(({ alert_id, actions }) => [alert_id, actions]));
    return written.map(({ id, change }) => ({ id, change: Number(change), actions: byId.get(id)! }));
  }

  private audit(manager: EntityManager, actor: string, action: string, subject: string, facts: unknown): Promise<void> {
    return writeAudit(manager, { at: new Date(this.clock.now()), actor, action, subject, facts });
  }

  /** With the changes of alerts, so that whoever follows them sees it as one. */
  private change<T>(make: (manager: EntityManager) => Promise<T>, request?: KeyedRequest): Promise<T> {
    return this.database.transaction(async (manager) => {
      await once(manager, request);
      await manager.query(lockChangesSql);
      const made = await make(manager);
      await manager.query(notifyChangesSql);
      return made;
    });
  }
}

/** In order of id. What holds of an alert may come from those that were merged into it; the number is of its own steps. */
function rowsOf(manager: EntityManager, ids: readonly string[]): Promise<Row[]> {
  return manager.query<Row[]>(
    `SELECT a.id, a.state, a.triage_status AS status, a.triage_owner AS owner, a.triage_verdict AS verdict,
       a.triage_reason AS reason, coalesce(t.change, 0) AS "triageChange"
     FROM computed.alert a LEFT JOIN decided.triage t ON t.alert_id = a.id
     WHERE a.id = ANY ($1) ORDER BY a.id`,
    [ids],
  );
}

/** By id: the alert that it is part of now, or itself. */
async function follow(manager: EntityManager, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await manager.query<{ asked: string; id: string }[]>(followMergedSql, [ids]);
  return new Map(rows.map(({ asked, id }) => [asked, id]));
}

function storableStep(step: TriageStep): TriageStep {
  const texts = Object.entries(step).map(([name, value]) => [
    name,
    typeof value === 'string' ? storable(value) : value,
  ]);
  return Object.fromEntries(texts) as TriageStep;
}

function changed(id: string, seen: number, change: number): StorageError {
  const said = `Somebody else has changed what is known of the alert ${id}. Read it again, and decide anew.`;
  return new StorageError('ALERT_CHANGED', said, { id, seen, change });
}

function merged(id: string, mergedInto: string | undefined): StorageError {
  const said = `The alert ${id} is now part of ${mergedInto}: late events joined them. Decide about that one.`;
  return new StorageError('ALERT_MERGED', said, { id, mergedInto });
}

function tooLarge(): StorageError {
  const said = `More than ${SELECTION_ALERTS_MAX} alerts match: narrow the filter, or go on in parts.`;
  return new StorageError('SELECTION_TOO_LARGE', said, { alertsMax: SELECTION_ALERTS_MAX });
}
