import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { writeAudit } from '../audit/write-audit.js';
import { StorageError } from '../errors.js';
import { once } from '../idempotency/once.js';
import { storable } from '../storable.js';
import type { RuleAction, RuleSource, RuleState, RuleText, RuleVersion, StoredRule } from './rule.js';

/** Changes are made one after the other, so that who reads up to a number has missed none below it. */
const RULES_LOCK = 7_237_110_004;
const columns = 'version, name, source, file, text, state, actor, at, change';

type Row = Omit<StoredRule, 'change' | 'at'> & { change: string; at: Date };
type Next = Omit<StoredRule, 'change' | 'at'>;

/** Rules in decided.rule, and their history in decided.rule_change. What a `request` asks for is done once. Methods reject where the database does. */
export class RuleStore {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /** All there are, by id. */
  async list(): Promise<StoredRule[]> {
    const rows = await this.database.query<Row[]>(`SELECT id, ${columns} FROM decided.rule ORDER BY id`);
    return rows.map(stored);
  }

  /** Number of the last change of all; 0 before the first. */
  async newest(): Promise<number> {
    const [row] = await this.database.query<{ change: string }[]>(
      'SELECT coalesce(max(change), 0) AS change FROM decided.rule_change',
    );
    return Number(row.change);
  }

  /** What was done to a rule, the newest first; of a rule that went, too. */
  async history(id: string): Promise<RuleVersion[]> {
    const rows = await this.database.query<(Row & { action: RuleAction })[]>(
      `SELECT rule_id AS id, action, ${columns} FROM decided.rule_change WHERE rule_id = $1 ORDER BY change DESC`,
      [storable(id)],
    );
    return rows.map((row) => ({ ...stored(row), action: row.action }));
  }

  /** All rules as they were at a moment, by id; one that came later, as it was first. */
  async asOf(at: number): Promise<RuleVersion[]> {
    const rows = await this.database.query<(Row & { action: RuleAction })[]>(
      `SELECT DISTINCT ON (rule_id) rule_id AS id, action, ${columns} FROM decided.rule_change
       ORDER BY rule_id, at <= $1 DESC, CASE WHEN at <= $1 THEN change ELSE -change END DESC`,
      [new Date(at)],
    );
    return rows.filter(({ state }) => state !== null).map((row) => ({ ...stored(row), action: row.action }));
  }

  /** The text of a version of a rule, by its id; null: there is none. */
  async text(id: string, version: number): Promise<string | null> {
    const [row] = await this.database.query<{ text: string }[]>(
      'SELECT text FROM decided.rule_change WHERE rule_id = $1 AND version = $2 ORDER BY change DESC LIMIT 1',
      [storable(id), version],
    );
    return row?.text ?? null;
  }

  /** Writes texts, new ones in `state`; one that is as it was changes nothing. Rejects with RULE_CHANGED where a rule is not at `expected`. */
  async put(
    texts: readonly RuleText[],
    actor: string,
    expected: Expected = {},
    state: RuleState = 'enabled',
    request?: KeyedRequest,
  ): Promise<StoredRule[]> {
    return this.change(async (manager) => {
      const written: StoredRule[] = [];
      for (const text of texts)
        written.push(await this.putOne(manager, text, { source: 'database', actor, state }, expected));
      return written;
    }, request);
  }

  /** Rejects with RULE_CHANGED where the rule is not at `expected`; null: there is none. */
  async setState(
    id: string,
    state: RuleState,
    action: RuleAction,
    actor: string,
    expected: Expected = {},
    request?: KeyedRequest,
  ): Promise<StoredRule | null> {
    return this.change(async (manager) => {
      const known = await find(manager, id, expected);
      if (known === null || known.state === state) return known;
      return this.write(manager, { ...known, state, actor }, action);
    }, request);
  }

  /** Takes a rule away; its history stays. False: there is none. */
  async delete(id: string, actor: string, expected: Expected = {}): Promise<boolean> {
    return this.change(async (manager) => {
      const known = await find(manager, id, expected);
      if (known !== null) await this.remove(manager, known, actor);
      return known !== null;
    });
  }

  /** What rule files hold: `present` as they are now, `gone` that were there. Rules of the database stay as they are. */
  async recordFiles(present: readonly RuleText[], gone: readonly string[]): Promise<void> {
    if (present.length === 0 && gone.length === 0) return;
    await this.change(async (manager) => {
      for (const text of present)
        await this.putOne(manager, text, { source: 'file', actor: 'file', state: 'enabled' }, {});
      for (const id of gone) {
        const known = await find(manager, id, {});
        if (known?.source === 'file') await this.remove(manager, known, 'file');
      }
    });
  }

  private async putOne(
    manager: EntityManager,
    given: RuleText,
    { source, actor, state: first }: { source: RuleSource; actor: string; state: RuleState },
    expected: Expected,
  ): Promise<StoredRule> {
    const id = storable(given.id);
    const known = await find(manager, id, expected);
    const text = storable(given.text);
    // What people wrote over the API stands above a file; a text that is the same is no news.
    if (known !== null && source === 'file' && (known.source === 'database' || known.text === text)) return known;
    if (known !== null && known.source === source && known.text === text) return known;
    const [{ last }] = await manager.query<{ last: number }[]>(
      'SELECT coalesce(max(version), 0) AS last FROM decided.rule_change WHERE rule_id = $1',
      [id],
    );
    const version = Math.max(last + 1, given.version);
    const name = storable(given.name);
    const next = { id, name, file: storable(given.file), text, version, source, actor };
    const state = known?.state ?? first;
    return this.write(manager, { ...next, state }, known === null ? 'created' : 'changed');
  }

  private async write(manager: EntityManager, next: Next, action: RuleAction): Promise<StoredRule> {
    const { change, at } = await this.note(manager, next, action, next.state);
    await manager.query(
      `INSERT INTO decided.rule (id, ${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (id) DO UPDATE SET version = $2, name = $3, source = $4, file = $5, text = $6, state = $7,
         actor = $8, at = $9, change = $10`,
      [...valuesOf(next), next.state, next.actor, at, change],
    );
    return { ...next, change, at: at.getTime() };
  }

  private async remove(manager: EntityManager, known: StoredRule, actor: string): Promise<void> {
    await this.note(manager, { ...known, actor }, 'deleted', null);
    await manager.query('DELETE FROM decided.rule WHERE id = $1', [known.id]);
  }

  private async note(manager: EntityManager, next: Next, action: RuleAction, state: RuleState | null) {
    const at = new Date(this.clock.now());
    const [{ change }] = await manager.query<{ change: string }[]>(
      `INSERT INTO decided.rule_change (rule_id, version, name, source, file, text, action, state, actor, at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING change`,
      [...valuesOf(next), action, state, next.actor, at],
    );
    const { id, name, version, source, actor } = next;
    const facts = { name, version, state, source };
    await writeAudit(manager, { at, actor: storable(actor), action: `rule.${action}`, subject: `rule:${id}`, facts });
    return { change: Number(change), at };
  }

  private async change<T>(make: (manager: EntityManager) => Promise<T>, request?: KeyedRequest): Promise<T> {
    return this.database.transaction(async (manager) => {
      await once(manager, request);
      await manager.query('SELECT pg_advisory_xact_lock($1)', [RULES_LOCK]);
      const made = await make(manager);
      await manager.query("SELECT pg_notify('weir_rules', '')");
      return made;
    });
  }
}

/** By id: the number of the change that whoever asks has seen, 0 for no such rule. */
export type Expected = Readonly<Record<string, number>>;

async function find(manager: EntityManager, id: string, expected: Expected): Promise<StoredRule | null> {
  const [row] = await manager.query<Row[]>(`SELECT id, ${columns} FROM decided.rule WHERE id = $1`, [storable(id)]);
  const seen = Object.hasOwn(expected, id) ? expected[id] : null;
  const change = Number(row?.change ?? 0);
  if (seen !== null && seen !== change) {
    const said =
      change === 0 ? 'The rule is no longer there' : `The rule was changed by ${row.actor} at ${row.at.toISOString()}`;
    throw new StorageError('RULE_CHANGED', `${said}. Read it again, and decide anew.`, { id, seen, change });
  }
  return row === undefined ? null : stored(row);
}

const valuesOf = ({ id, version, name, source, file, text }: Next) => [id, version, name, source, file, text];

const stored = (row: Row): StoredRule => ({ ...row, change: Number(row.change), at: row.at.getTime() });
