import {
  type AlertToReplay,
  type EvidenceState,
  type Explanation,
  explain,
  type Figures,
  type Replayed,
  type ReplayOptions,
  readEvidence,
  replay,
} from '#libs/backtest';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import type { AlertWire } from '#libs/storage';
import type { DetectionOptions } from '../ports.js';
import { type RulesKnown, type RulesThen, rulesThen } from './rules-then.js';

export interface ReplayPorts {
  log: Log;
  clock: Clock;
  rules: RulesKnown;
  options: DetectionOptions;
}

export type ReplayRequest = Pick<ReplayOptions, 'whole' | 'linesMax' | 'signal'>;

export interface ReplayOutcome {
  /** Null: the rule could not be run as it was. */
  rules: RulesThen | null;
  /** Null: nothing was run. */
  replayed: Replayed | null;
  explanations: readonly Explanation[];
  evidence: readonly EvidenceState[];
}

/** Runs the rule of an alert, as it was, over the log around it; says why where something else comes out. */
export async function replayAlert(
  { log, clock, rules: known, options }: ReplayPorts,
  alert: AlertWire,
  request: ReplayRequest = {},
): Promise<ReplayOutcome> {
  const evidence = await readEvidence(log, alert.evidence ?? []);
  const recorded = evidence.flatMap(({ recordedMs }) => recordedMs ?? []);
  const rules = await rulesThen(known, alert, Math.max(0, ...recorded), options);
  if ('kind' in rules) return { rules: null, replayed: null, explanations: [rules], evidence };
  const ask = { ...options, ...request, nowMs: clock.now() };
  const run = (more: Partial<ReplayOptions> = {}) => replay(log, rules.plan, alert, evidence, { ...ask, ...more });
  let replayed = await run();
  const { beganMs } = rules;
  const wasCounting = replayed.range === null || beganMs <= replayed.range.fromMs;
  if (!replayed.same && !wasCounting) {
    // A rule that is new counts what comes from then on.
    const since = await run({ countFromMs: beganMs });
    if (since.same) replayed = since;
  }
  const explanations = explain(alert, replayed);
  if (explanations.length > 0 && recorded.some((ms) => ms < beganMs)) explanations.unshift(changed(alert, beganMs));
  return { rules, replayed, explanations, evidence };
}

function changed({ rule }: AlertToReplay, beganMs: number): Explanation {
  const at = new Date(beganMs).toISOString();
  const said = `The rule was changed while its events were counted: version ${rule.version} is of ${at}, and some were recorded before`;
  return { kind: 'rule-changed', said, facts: { version: rule.version, at } };
}

/** What an alert says of itself. */
export function figuresOfAlert(alert: AlertWire): Figures {
  const { openedAt, firstSeen, lastSeen, value, peak, expected, events } = alert;
  return { openedAt, firstSeen, lastSeen, value, peak, ...(expected === null ? {} : { expected }), events };
}
