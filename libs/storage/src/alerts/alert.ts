export type Severity = 'informational' | 'low' | 'medium' | 'high' | 'critical';
export type AlertState = 'open' | 'closed' | 'merged';

/** Where one matching event lies in the log, and the event itself where it has been published. Time: RFC 3339, ms. */
export interface EvidenceReference {
  topic: string;
  partition: number;
  offset: number;
  time: string;
  event?: unknown;
}

/** What an alert and an alert event share. Times: RFC 3339 with milliseconds, UTC, event time. */
export interface AlertFields {
  id: string;
  rule: { id: string; name: string; title: string; version: number };
  severity: Severity;
  state: AlertState;
  mergedInto: string | null;
  group: Record<string, unknown>;
  timespan: string;
  condition: Record<string, unknown>;
  firstSeen: string;
  openedAt: string;
  lastSeen: string;
  closedAt: string | null;
  value: number;
  peak: number;
  events: number;
  expected: number | null;
  shadow: boolean;
  revision: number;
}

/** `data` of a record on the topic `alert`. */
export interface AlertEvent extends AlertFields {
  /** In `weir.matches`: this is the state as of that record. */
  position: { partition: number; offset: number };
  /** Every reference of this revision; `event` only on those that this alert has not published before. */
  evidence: EvidenceReference[];
}

/** What people added to an alert. */
export interface Triage {
  status: string;
  owner: string | null;
  verdict: string | null;
  notes: number;
}

/** Evidence as the API shows it; `event` is null where only the log has it. */
export type AlertEvidence = Required<EvidenceReference>;

/** An alert as the API shows it; lists leave `evidence` out. */
export interface AlertWire extends AlertFields {
  triage: Triage;
  evidence?: AlertEvidence[];
}
