import { type Need } from './needs.js';

/** A field's value in an event. An array (the recipients of a mail) matches when any element does. */
export type FieldValue = string | number | boolean | null | undefined | readonly FieldValue[];

/** How a compiled rule reads an event: slots are what `FieldTable` handed out. `undefined` = the field is absent. */
export interface EventView {
  value(slot: number): FieldValue;
  /** Is the field there, be it null? */
  has(slot: number): boolean;
}

export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const decisionTypes = ['ban', 'captcha', 'throttle'] as const;

/** What a bouncer is asked to do about the group of an alert. `scope` names what the group is: `Ip`, `User`, ... */
export interface Decision {
  type: (typeof decisionTypes)[number];
  /** As written: `4h`. */
  duration: string;
  durationMs: number;
  scope: string;
}

/** What a rule says about itself. */
export interface RuleInfo {
  /** Sigma's `id`; a rule without one goes by its name. */
  id: string;
  /** Sigma's `name`; a rule without one goes by its file's stem (and `-2`, `-3`, ... from the second document on). */
  name: string;
  title: string;
  /** The optional key `version`, an integer; 1 when absent. */
  version: number;
  severity: Severity;
  description: string;
  tags: string[];
  falsepositives: string[];
  owner: string | null;
  runbook: string | null;
  decision: Decision | null;
  /** Its alerts are kept apart, and bother nobody. No rule says so itself: whoever runs it does. */
  shadow: boolean;
  file: string;
  /** Source text of this rule's YAML document. */
  text: string;
}

/** A compiled detection rule. */
export interface Detection {
  info: RuleInfo;
  /** Stands for which events it matches: the same as long as log source, detection, filters and the placeholders that these name are. */
  meaning: string;
  /** The other documents that this hangs on: the mapping of its log source, its filters, its placeholders. */
  takes: readonly DocumentPlace[];
  /** The event types it looks at. `matches` does not test the type: give it events of these types only. */
  types: readonly string[];
  matches(view: EventView): boolean;
  /** What every event that matches has; undefined: not known. */
  need: Need | undefined;
  /** False when only used by correlations without `generate: true`. */
  alerting: boolean;
}

/** Where a document begins. */
export interface DocumentPlace {
  file: string;
  line: number;
}

/** Why a rule was refused, where, and what to do about it. Lines and columns start at 1. */
export interface RuleProblem {
  file: string;
  line: number;
  column: number;
  rule: string | null;
  reason: string;
  hint: string;
}

export interface RuleFile {
  file: string;
  text: string;
}
