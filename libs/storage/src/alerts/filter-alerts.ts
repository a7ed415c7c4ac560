import type { EntityManager } from 'typeorm';
import { storable } from '../storable.js';
import type { TriageStatus, Verdict } from '../triage/triage.js';
import type { AlertState, Severity } from './alert.js';

/** Which alerts. All that is given must hold. */
export interface AlertFilter {
  /** Left out: every state but `merged`. */
  state?: AlertState;
  severity?: Severity;
  /** True: only those of rules in shadow. Left out, or false: only the others. */
  shadow?: boolean;
  /** A rule's id, or a name that it had. */
  rule?: string;
  /** A group's `field:value`, or just the value. */
  group?: string;
  status?: TriageStatus;
  owner?: string;
  verdict?: Verdict;
  /** The id of an incident, or of one of its alerts. */
  incident?: string;
  /** Opened at or after, ms since the epoch. */
  since?: number;
  /** Opened before, ms since the epoch. */
  until?: number;
  /** Part of a group's value, or of a name or title that the rule had; case does not matter. */
  q?: string;
}

/** Conditions on rows `a` of computed.alert, all of which must hold, with the values that they are about. */
export class Conditions {
  private readonly terms: string[] = [];

  /** `parameters`: of the statement that these are part of. */
  constructor(readonly parameters: unknown[] = []) {}

  add(term: string): void {
    this.terms.push(term);
  }

  /** Where a value stands in the statement. */
  bind(value: unknown): string {
    return `$${this.parameters.push(typeof value === 'string' ? storable(value) : value)}`;
  }

  /** `rules`: as `rulesOf` found them. */
  match(filter: AlertFilter, rules: RulesMeant): void {
    this.add(filter.state ? `a.state = ${this.bind(filter.state)}` : `a.state <> 'merged'`);
    this.add(filter.shadow ? 'a.shadow' : 'NOT a.shadow');
    this.matchEqual('a.severity', filter.severity);
    this.matchEqual('a.triage_status', filter.status);
    this.matchEqual('a.triage_owner', filter.owner);
    this.matchEqual('a.triage_verdict', filter.verdict);
    if (rules.named) this.add(this.ofRules(rules.named));
    if (filter.group) this.add(`a.group_terms @> ARRAY[${this.bind(filter.group)}]`);
    if (filter.incident) {
      this.add(
        `a.incident = (SELECT named.incident FROM computed.alert named WHERE named.id = ${this.bind(filter.incident)})`,
      );
    }
    this.openedWithin(filter.since, filter.until);
    if (filter.q) {
      const inGroup = `a.group_text ILIKE ${this.bind(patternOf(filter.q))}`;
      this.add(rules.like?.length ? `(${inGroup} OR ${this.ofRules(rules.like)})` : inGroup);
    }
  }

  openedWithin(since: number | undefined, until: number | undefined): void {
    if (since !== undefined) this.add(`a.opened_at >= ${this.bind(new Date(since))}`);
    if (until !== undefined) this.add(`a.opened_at < ${this.bind(new Date(until))}`);
  }

  where(): string {
    return this.terms.join(' AND ');
  }

  /** One is asked for as such: its alerts lie in order in an index. */
  private ofRules(ids: readonly string[]): string {
    return ids.length === 1 ? `a.rule_id = ${this.bind(ids[0])}` : `a.rule_id = ANY (${this.bind(ids)}::text[])`;
  }

  private matchEqual(column: string, value: string | undefined): void {
    if (value !== undefined) this.add(`${column} = ${this.bind(value)}`);
  }
}

/** Ids of rules that a filter means; left out: it means no rules. */
export interface RulesMeant {
  /** By `rule`. */
  named?: string[];
  /** By `q`. */
  like?: string[];
}

/**
 * Asked of the few kinds of alerts that there are, lest a million are looked through for what a rule never raises: of
 * rules that have alerts of this severity, those with such an id or name, and those whose name or title has such a part.
 */
export async function rulesOf(
  database: Pick<EntityManager, 'query'>,
  { rule, q, severity }: AlertFilter,
): Promise<RulesMeant> {
  if (rule === undefined && q === undefined) return {};
  const kinds = await database.query<{ id: string; named: boolean; like: boolean }[]>(
    `SELECT rule_id AS id, coalesce(bool_or(rule_id = $1 OR rule_name = $1), false) AS named,
       coalesce(bool_or(rule_name ILIKE $2 OR rule_title ILIKE $2), false) AS like
     FROM computed.alert_kind WHERE $3::text IS NULL OR severity = $3 GROUP BY rule_id`,
    [rule === undefined ? null : storable(rule), q === undefined ? null : storable(patternOf(q)), severity ?? null],
  );
  const ids = (wanted: 'named' | 'like') => kinds.filter((kind) => kind[wanted]).map(({ id }) => id);
  return { named: rule === undefined ? undefined : ids('named'), like: q === undefined ? undefined : ids('like') };
}

const patternOf = (q: string): string => `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`;

/** Ids of the alerts that a list would show, the newest first, at most so many. */
export async function matchingAlerts(manager: EntityManager, filter: AlertFilter, max: number): Promise<string[]> {
  const conditions = new Conditions();
  conditions.match(filter, await rulesOf(manager, filter));
  const rows = await manager.query<{ id: string }[]>(
    `SELECT a.id FROM computed.alert a WHERE ${conditions.where()} ORDER BY a.opened_at DESC, a.id DESC LIMIT ${max}`,
    conditions.parameters,
  );
  return rows.map(({ id }) => id);
}
