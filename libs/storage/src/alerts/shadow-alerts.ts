import type { DataSource } from 'typeorm';

/** What a rule has raised in shadow. */
export interface ShadowAlerts {
  alerts: number;
  open: number;
  /** The ten with the most alerts. */
  groups: { group: Record<string, unknown>; alerts: number }[];
  /** When the first opened, RFC 3339. */
  since: string | null;
}

/** All that a rule's alerts in shadow would have told, by the rule's id. */
export async function shadowAlerts(database: DataSource, ruleId: string): Promise<ShadowAlerts> {
  const where = `rule_id = $1 AND shadow AND state <> 'merged'`;
  const [sums] = await database.query<{ alerts: number; open: number; since: Date | null }[]>(
    `SELECT count(*)::int AS alerts, (count(*) FILTER (WHERE state = 'open'))::int AS open, min(opened_at) AS since
     FROM computed.alert WHERE ${where}`,
    [ruleId],
  );
  const groups = await database.query<{ group: Record<string, unknown>; alerts: number }[]>(
    `SELECT group_fields::jsonb AS group, count(*)::int AS alerts FROM computed.alert WHERE ${where}
     GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10`,
    [ruleId],
  );
  return { ...sums, since: sums.since?.toISOString() ?? null, groups };
}
