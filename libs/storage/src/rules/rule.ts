/** `shadow`: it runs and its alerts are kept apart; `disabled`: it alerts nobody, and those that count it still do. */
export type RuleState = 'enabled' | 'shadow' | 'disabled';
/** Where its text comes from. */
export type RuleSource = 'file' | 'database';
export type RuleAction = 'created' | 'changed' | 'deleted' | 'enabled' | 'disabled' | 'shadowed' | 'promoted';

/** One YAML document. */
export interface RuleText {
  id: string;
  name: string;
  text: string;
  file: string;
  /** That it says itself: its first version is at least that. */
  version: number;
}

/** A rule as it is now. */
export interface StoredRule extends RuleText {
  source: RuleSource;
  state: RuleState;
  /** Number of its last change: grows with every one. */
  change: number;
  actor: string;
  /** ms since the epoch. */
  at: number;
}

/** A line of a rule's history. */
export interface RuleVersion extends Omit<StoredRule, 'state'> {
  action: RuleAction;
  /** Null: the rule went. */
  state: RuleState | null;
}
