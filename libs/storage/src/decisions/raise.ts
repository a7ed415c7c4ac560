import {
  type DecisionType,
  forbidden,
  type GuardOptions,
  type GuardReason,
  numberOf,
  targetOf,
  uuidOf,
} from '#libs/blocking';
import type { Alert } from '#libs/events';
import { storable } from '../storable.js';

/** A row of computed.decision, as `pg` reads it and as JSON carries it. */
export interface TermRow {
  alert_id: string;
  term: number;
  uuid: string;
  id: number | string;
  rule_id: string;
  rule_name: string;
  rule_owner: string | null;
  severity: string;
  group_fields: string;
  type: DecisionType;
  scope: string;
  value: string;
  starts_at: Date;
  until: Date;
  duration_ms: number | string;
  guard: GuardReason | null;
  minute: Date;
}

export interface Raised {
  row: TermRow;
  isNew: boolean;
}

const MINUTE_MS = 60_000;

/**
 * What an alert's next revision makes of its decision, given its latest row; null: nothing. It lasts for its duration after
 * the alert was last seen, or was closed. What was recorded when that had passed begins anew; what was over before it was
 * recorded never blocked anybody. A sender's clock that runs ahead blocks nobody longer.
 */
export function raise(alert: Alert, recordedAt: number, last: TermRow | undefined, guard: GuardOptions): Raised | null {
  const { decision, state, shadow, retro } = alert;
  if (!decision || shadow || retro === true || state === 'merged') return null;
  const end = Math.min(Date.parse(alert.closedAt ?? alert.lastSeen), recordedAt) + decision.durationMs;
  if (end <= recordedAt) return null;
  if (last && recordedAt < last.until.getTime()) {
    return end > last.until.getTime() ? { row: { ...last, until: new Date(end) }, isNew: false } : null;
  }
  const term = last ? last.term + 1 : 0;
  const { scope, value } = targetOf(storable(decision.scope), alert.group);
  const uuid = uuidOf(`${alert.id}\n${term}`);
  return {
    isNew: true,
    row: {
      alert_id: alert.id,
      term,
      uuid,
      id: numberOf(uuid),
      rule_id: storable(alert.rule.id),
      rule_name: storable(alert.rule.name),
      rule_owner: alert.rule.owner ? storable(alert.rule.owner) : null,
      severity: alert.severity,
      group_fields: JSON.stringify(alert.group),
      type: decision.type,
      scope,
      value: storable(value),
      starts_at: new Date(recordedAt),
      until: new Date(end),
      duration_ms: decision.durationMs,
      guard: forbidden({ scope, value }, guard),
      minute: new Date(Math.floor(recordedAt / MINUTE_MS) * MINUTE_MS),
    },
  };
}
