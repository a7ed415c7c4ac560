import type { DataSource } from 'typeorm';

/** An alert that somebody marked. */
export interface MarkedAlert {
  id: string;
  ruleId: string;
  group: Record<string, unknown>;
  verdict: 'true-positive' | 'false-positive';
  openedAt: Date;
  /** When it closed, or the last that was seen of it. */
  until: Date;
}

/** Of each rule the newest so many. */
const markedMax = 10_000;

/** What people marked of these rules' alerts that opened within [from, until), the newest first. */
export async function markedAlerts(
  database: DataSource,
  ruleIds: readonly string[],
  from: number | null,
  until: number | null,
): Promise<MarkedAlert[]> {
  return database.query<MarkedAlert[]>(
    `SELECT a.id, a.rule_id AS "ruleId", a.group_fields AS "group", t.verdict, a.opened_at AS "openedAt",
       coalesce(a.closed_at, a.last_seen) AS until
     FROM decided.triage t JOIN computed.alert a ON a.id = t.alert_id
     WHERE t.verdict IN ('true-positive', 'false-positive') AND a.rule_id = ANY($1) AND a.state <> 'merged'
       AND a.opened_at >= $2 AND a.opened_at < $3
     ORDER BY a.opened_at DESC LIMIT ${markedMax}`,
    [ruleIds, from === null ? '-infinity' : new Date(from), until === null ? 'infinity' : new Date(until)],
  );
}
