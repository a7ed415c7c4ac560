import { type Decision, type DecisionType, type GuardReason, manualSubject } from '#libs/blocking';
import type { Severity } from '../alerts/alert.js';

/** Decisions of rules and of people alike, with who lifted them; `$1` and on are the conditions' own. */
export const fromDecisions = `
  SELECT d.*, l.at AS lifted_at, l.actor AS lifted_by FROM (
    SELECT uuid, id, type, scope, value, starts_at, until, duration_ms, alert_id, rule_id, rule_name, rule_owner,
      severity, group_fields, guard, NULL AS author, NULL AS reason, change
    FROM computed.decision
    UNION ALL
    SELECT uuid, id, type, scope, value, starts_at, until, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, author, reason, change
    FROM decided.decision
  ) AS d LEFT JOIN decided.decision_lift l ON l.uuid = d.uuid`;

export interface DecisionRow {
  uuid: string;
  id: string;
  type: DecisionType;
  scope: string;
  value: string;
  starts_at: Date;
  until: Date;
  duration_ms: string | null;
  alert_id: string | null;
  rule_id: string | null;
  rule_name: string | null;
  rule_owner: string | null;
  severity: Severity | null;
  group_fields: Record<string, unknown> | null;
  guard: GuardReason | null;
  author: string | null;
  reason: string | null;
  lifted_at: Date | null;
  lifted_by: string | null;
}

export function decisionOf(row: DecisionRow): Decision {
  const { uuid, type, scope, value, guard, author, reason } = row;
  const [startsAt, until] = [row.starts_at.getTime(), row.until.getTime()];
  return {
    uuid,
    id: Number(row.id),
    type,
    scope,
    value,
    startsAt,
    until,
    durationMs: row.duration_ms === null ? until - startsAt : Number(row.duration_ms),
    subject:
      row.alert_id === null
        ? manualSubject(scope, value)
        : {
            rule: { id: row.rule_id!, name: row.rule_name!, owner: row.rule_owner },
            severity: row.severity!,
            group: row.group_fields!,
          },
    alertId: row.alert_id,
    guard,
    author,
    reason,
    liftedAt: row.lifted_at?.getTime() ?? null,
    liftedBy: row.lifted_by,
  };
}
