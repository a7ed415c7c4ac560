import type { Alert } from '#libs/events';

export type Severity = Alert['severity'];
export type AlertState = Alert['state'];
export type EvidenceReference = Alert['evidence'][number];

/** What people added to an alert. */
export interface Triage {
  status: string;
  owner: string | null;
  verdict: string | null;
  notes: number;
}

/** Evidence as the API shows it; `event` is null where only the log has it. */
export type AlertEvidence = Omit<EvidenceReference, 'event'> & { event: unknown };

/** An alert as the API shows it: times are RFC 3339 with milliseconds, in UTC. Lists leave `evidence` out. */
export interface AlertWire extends Omit<Alert, 'position' | 'evidence'> {
  triage: Triage;
  evidence?: AlertEvidence[];
}
