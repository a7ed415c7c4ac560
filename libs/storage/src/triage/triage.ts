export const triageStatuses = ['new', 'acknowledged', 'closed'] as const;
export const verdicts = ['true-positive', 'false-positive'] as const;
export type TriageStatus = (typeof triageStatuses)[number];
export type Verdict = (typeof verdicts)[number];

/** What people made of an alert. */
export interface Triage {
  status: TriageStatus;
  owner: string | null;
  verdict: Verdict | null;
  /** Why it was closed; null: it is not. */
  reason: string | null;
  /** How many notes there are. */
  notes: number;
}

/** What is to be done, all of it at once. What is left out stays as it is. */
export interface TriageStep {
  status?: TriageStatus;
  owner?: string | null;
  verdict?: Verdict | null;
  /** Why it is closed: with `status: 'closed'`. */
  reason?: string;
  note?: string;
}

export type TriageAction =
  | 'acknowledged'
  | 'unacknowledged'
  | 'closed'
  | 'reopened'
  | 'assigned'
  | 'unassigned'
  | 'marked'
  | 'unmarked'
  | 'noted';

/** A line of an alert's history: what was done, and what held from then on. */
export interface TriageChange extends Omit<Triage, 'notes'> {
  change: number;
  /** The alert that it was done to: this one, or one that was merged into it since. */
  alert: string;
  actions: TriageAction[];
  note: string | null;
  /** Id of the key. */
  actor: string;
  /** RFC 3339. */
  at: string;
}

export type TriageState = Omit<Triage, 'notes'>;

/** What holds after a step, and what was done; nothing where all was so before. */
export function takeStep(before: TriageState, step: TriageStep): { after: TriageState; actions: TriageAction[] } {
  const { status = before.status, owner = before.owner, verdict = before.verdict } = step;
  const reason = status === 'closed' ? (step.reason ?? before.reason) : null;
  const actions: TriageAction[] = [];
  if (status !== before.status) actions.push(moved(before.status, status));
  else if (reason !== before.reason) actions.push('closed');
  if (owner !== before.owner) actions.push(owner === null ? 'unassigned' : 'assigned');
  if (verdict !== before.verdict) actions.push(verdict === null ? 'unmarked' : 'marked');
  if (step.note !== undefined) actions.push('noted');
  return { after: { status, owner, verdict, reason }, actions };
}

function moved(from: TriageStatus, to: TriageStatus): TriageAction {
  if (to === 'closed') return 'closed';
  if (from === 'closed') return 'reopened';
  return to === 'acknowledged' ? 'acknowledged' : 'unacknowledged';
}
