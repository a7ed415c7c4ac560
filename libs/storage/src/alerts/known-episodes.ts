import { isDeepStrictEqual } from 'node:util';
import type { DataSource } from 'typeorm';
import type { Alert } from '#libs/events';

interface KnownRow {
  id: string;
  rule_id: string;
  group_fields: Record<string, unknown>;
  opened_at: Date;
  until: Date | null;
}

/** Which of these alerts there is one of already: the same, or one of the same rule about the same group at the time. */
export async function knownEpisodes(database: DataSource, alerts: readonly Alert[]): Promise<Set<string>> {
  const from = alerts.map(({ openedAt }) => openedAt).sort()[0];
  const until = alerts
    .map(({ closedAt, lastSeen }) => closedAt ?? lastSeen)
    .sort()
    .at(-1);
  const rows = await database.query<KnownRow[]>(
    `SELECT id, rule_id, group_fields, opened_at, closed_at AS until FROM computed.alert
     WHERE id = ANY($1) OR (rule_id = ANY($2) AND state <> 'merged' AND opened_at <= $4
       AND coalesce(closed_at, 'infinity') >= $3)`,
    [alerts.map(({ id }) => id), [...new Set(alerts.map(({ rule }) => rule.id))], from, until],
  );
  const isKnown = (alert: Alert) =>
    rows.some(
      (row) =>
        row.id === alert.id ||
        (row.rule_id === alert.rule.id &&
          row.opened_at.getTime() <= Date.parse(alert.closedAt ?? alert.lastSeen) &&
          (row.until?.getTime() ?? Number.POSITIVE_INFINITY) >= Date.parse(alert.openedAt) &&
          isDeepStrictEqual(row.group_fields, { ...alert.group })),
    );
  return new Set(alerts.filter(isKnown).map(({ id }) => id));
}
