import type { Alert } from '#libs/events';
import type { Triage } from '../triage/triage.js';

export type Severity = Alert['severity'];
export type AlertState = Alert['state'];
export type EvidenceReference = Alert['evidence'][number];

/** Evidence as the API shows it; `event` is null where only the log has it. */
export type AlertEvidence = Omit<EvidenceReference, 'event'> & { event: unknown };

/** An alert as the API shows it: times are RFC 3339 with milliseconds, in UTC. Lists leave `evidence` out. */
export interface AlertWire extends Omit<Alert, 'rule' | 'decision' | 'retro' | 'position' | 'evidence'> {
  rule: Required<Alert['rule']>;
  decision: NonNullable<Alert['decision']> | null;
  retro: boolean;
  /** The incident that it is in; null: in none. */
  incident: string | null;
  /** Ids of silences, and entries of the allowlist, that were there for it when it was recorded. */
  silencedBy: string[];
  triage: Triage;
  evidence?: AlertEvidence[];
}
