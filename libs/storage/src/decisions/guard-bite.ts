import type { GuardReason } from '#libs/blocking';

/** Decisions of one rule that the guard refused in one minute, for one reason. Times are ms since the epoch. */
export interface GuardBite {
  ruleId: string;
  ruleName: string;
  reason: GuardReason;
  minute: number;
  refused: number;
  firstAt: number;
  lastAt: number;
}

export interface BiteRow {
  rule_id: string;
  rule_name: string;
  reason: GuardReason;
  minute: Date;
  refused: number;
  first_at: Date;
  last_at: Date;
}

export function biteOf(row: BiteRow): GuardBite {
  return {
    ruleId: row.rule_id,
    ruleName: row.rule_name,
    reason: row.reason,
    minute: row.minute.getTime(),
    refused: row.refused,
    firstAt: row.first_at.getTime(),
    lastAt: row.last_at.getTime(),
  };
}
