import type { Alert } from '#libs/events';
import { storable } from '../storable.js';
import type { TriageStatus, Verdict } from '../triage/triage.js';
import type { AlertEvidence, AlertWire, EvidenceReference } from './alert.js';

/** What `json_to_recordset` turns into a row of computed.alert. */
export function alertRow(alert: Alert) {
  const { rule, position } = alert;
  return {
    id: storable(alert.id),
    rule_id: storable(rule.id),
    rule_name: storable(rule.name),
    rule_title: storable(rule.title),
    rule_version: rule.version,
    rule_owner: rule.owner ? storable(rule.owner) : null,
    rule_runbook: rule.runbook ? storable(rule.runbook) : null,
    severity: alert.severity,
    state: alert.state,
    merged_into: alert.mergedInto,
    group_fields: JSON.stringify(alert.group),
    group_terms: groupTerms(alert.group),
    group_text: groupValues(alert.group).join(' '),
    timespan: storable(alert.timespan),
    condition: JSON.stringify(alert.condition),
    first_seen: alert.firstSeen,
    opened_at: alert.openedAt,
    last_seen: alert.lastSeen,
    closed_at: alert.closedAt,
    value: alert.value,
    peak: alert.peak,
    events: alert.events,
    expected: alert.expected,
    shadow: alert.shadow,
    decision: alert.decision ? JSON.stringify(alert.decision) : null,
    retro: alert.retro ?? false,
    revision: alert.revision,
    position_partition: position.partition,
    position_offset: position.offset,
  };
}

/** The same for computed.alert_evidence. */
export function evidenceRow(alertId: string, { topic, partition, offset, time }: EvidenceReference, event: unknown) {
  return {
    alert_id: alertId,
    topic,
    partition,
    offset,
    time,
    event: event === undefined ? null : JSON.stringify(event),
  };
}

function groupValues(group: Record<string, unknown>): string[] {
  return Object.values(group).map((value) => storable(typeof value === 'string' ? value : JSON.stringify(value)));
}

function groupTerms(group: Record<string, unknown>): string[] {
  const fields = Object.keys(group);
  return groupValues(group).flatMap((value, i) => [value, `${storable(fields[i])}:${value}`]);
}

/** Columns of an alert with its triage, as the reading statements name them. */
export const alertColumns = `
  a.id, a.rule_id, a.rule_name, a.rule_title, a.rule_version, a.rule_owner, a.rule_runbook, a.severity, a.state, a.merged_into, a.group_fields,
  a.timespan, a.condition, a.first_seen, a.opened_at, a.last_seen, a.closed_at, a.value, a.peak, a.events, a.expected,
  a.shadow, a.decision, a.retro, a.revision, a.change, a.incident,
  ARRAY(SELECT h.silence_id FROM computed.held_alert h WHERE h.alert_id = a.id ORDER BY h.at, h.silence_id) AS silenced_by,
  a.triage_status, a.triage_owner, a.triage_verdict, a.triage_reason, a.triage_notes`;

/** A row of these columns, as `pg` reads it. */
export interface AlertRow {
  id: string;
  rule_id: string;
  rule_name: string;
  rule_title: string;
  rule_version: number;
  rule_owner: string | null;
  rule_runbook: string | null;
  severity: AlertWire['severity'];
  state: AlertWire['state'];
  merged_into: string | null;
  group_fields: Record<string, unknown>;
  timespan: string;
  condition: Record<string, unknown>;
  first_seen: Date;
  opened_at: Date;
  last_seen: Date;
  closed_at: Date | null;
  value: number;
  peak: number;
  events: string;
  expected: number | null;
  shadow: boolean;
  decision: AlertWire['decision'];
  retro: boolean;
  revision: number;
  change: string;
  silenced_by: string[];
  incident: string | null;
  triage_status: TriageStatus;
  triage_owner: string | null;
  triage_verdict: Verdict | null;
  triage_reason: string | null;
  triage_notes: number;
}

export function alertWire(row: AlertRow): AlertWire {
  return {
    id: row.id,
    rule: {
      id: row.rule_id,
      name: row.rule_name,
      title: row.rule_title,
      version: row.rule_version,
      owner: row.rule_owner,
      runbook: row.rule_runbook,
    },
    severity: row.severity,
    state: row.state,
    mergedInto: row.merged_into,
    group: row.group_fields,
    timespan: row.timespan,
    condition: row.condition,
    firstSeen: row.first_seen.toISOString(),
    openedAt: row.opened_at.toISOString(),
    lastSeen: row.last_seen.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    value: row.value,
    peak: row.peak,
    events: Number(row.events),
    expected: row.expected,
    shadow: row.shadow,
    decision: row.decision,
    retro: row.retro,
    revision: row.revision,
    silencedBy: row.silenced_by,
    incident: row.incident,
    triage: {
      status: row.triage_status,
      owner: row.triage_owner,
      verdict: row.triage_verdict,
      reason: row.triage_reason,
      notes: row.triage_notes,
    },
  };
}

export interface EvidenceRow {
  topic: string;
  partition: number;
  offset: string;
  time: Date;
  event: unknown;
}

export function evidenceWire(row: EvidenceRow): AlertEvidence {
  return { ...row, offset: Number(row.offset), time: row.time.toISOString() };
}
