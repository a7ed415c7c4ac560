import { affectedRules, type BacktestRequest, checkRules, type Mark, type RuleUnderTest } from '#libs/backtest';
import type { RuleFile, RuleInfo, RuleSet } from '#libs/sigma';
import type { MarkedAlert } from '#libs/storage';
import { Problem } from '../../../platform/src/index.js';
import { invalidBody, unknownThing } from '../http/problems.js';
import { findStored } from '../rules/etag.js';
import type { LiveRules } from '../rules/live-rules.js';
import { apart, labelsIn, wireOf } from '../rules/rule-texts.js';
import { type NewBacktest, rulesMax } from './backtest.js';
import { momentOf } from './moment.js';

interface Asked {
  names: string[];
  under: RuleUnderTest[];
  files: BacktestRequest['files'];
  exception: BacktestRequest['exception'];
}

/** The rules that are asked for, among all that there are. Throws a 404 or 422 problem, or a BacktestError. */
export function rulesOf(live: LiveRules, { rules, thresholds = [], exception, write }: NewBacktest): Asked {
  if (rules === undefined && !exception) throw invalidBody([{ field: 'rules', message: 'is missing' }]);
  if (write && exception) throw invalidBody([{ field: 'write', message: 'goes without `exception`' }]);
  const asked = rules ?? [];
  const given = asked.flatMap((rule, i) =>
    typeof rule === 'string' ? [] : [{ file: apart(`${i}/${rule.file ?? 'rule.yml'}`), text: rule.text }],
  );
  const labels = labelsIn(given);
  const replaced = [...live.stored.values()].filter(({ id, name }) => labels.has(id) || labels.has(name));
  const ids = replaced.map(({ id }) => id);
  const set = compiled(live, given, ids);
  const filters = exception ? { file: apart('exception/filter.yml'), text: exception.text } : null;
  const affected = filters ? affectedBy(set, compiled(live, [...given, filters], ids), filters) : [];
  const files = new Set(given.map(({ file }) => file));
  const written = [...set.correlations, ...set.detections].filter(
    ({ info, alerting }) => alerting && files.has(info.file),
  );
  const named = asked.flatMap((rule) => (typeof rule === 'string' ? [storedRule(live, rule)] : []));
  const wanted = rules === undefined ? affected.map(({ id }) => storedRule(live, id)) : named;
  const under = new Map<string, RuleUnderTest & { name: string }>();
  for (const { info } of written) under.set(info.id, { id: info.id, name: info.name });
  for (const { id, name, version, state } of wanted) under.set(id, { id, name, version, shadow: state === 'shadow' });
  if (under.size === 0) throw invalidBody([{ field: 'rules', message: 'hold no rule that alerts' }]);
  if (under.size > rulesMax) {
    throw invalidBody([
      { field: 'rules', message: `must name up to ${rulesMax} of the ${under.size} that it affects` },
    ]);
  }
  checkRules(set, [...under.values()], thresholds);
  return {
    names: [...under.values()].map(({ name }) => name),
    under: [...under.values()].map(({ name, ...rule }) => rule),
    files: live.filesWith(given, ids),
    exception: filters,
  };
}

function compiled(live: LiveRules, files: readonly RuleFile[], replaced: readonly string[]): RuleSet {
  const { rules, problems } = live.tryTexts(files, replaced);
  if (problems.length === 0) return rules;
  const [{ reason, hint }] = problems;
  const said = `The rule would not run: ${reason}. ${hint}.`;
  throw new Problem(422, 'RULE_REFUSED', said, { problems: wireOf(problems) });
}

/** The rules whose events the filters take out. Throws a 422 problem where they take out none, or hold rules. */
function affectedBy(before: RuleSet, after: RuleSet, { file }: RuleFile): RuleInfo[] {
  const isRule = [...after.correlations, ...after.detections].some(({ info }) => info.file === file);
  if (isRule) throw invalidBody([{ field: 'exception.text', message: 'must hold filters only' }]);
  const meanings = new Map(before.detections.map(({ info, meaning }) => [info.id, meaning]));
  const affected = affectedRules(after, ({ info, meaning }) => meanings.get(info.id) !== meaning);
  if (affected.length > 0) return affected;
  throw invalidBody([{ field: 'exception.text', message: 'holds no filter of a rule that alerts' }]);
}

function storedRule(live: LiveRules, idOrName: string) {
  const stored = findStored(live, idOrName);
  if (!stored) throw unknownThing('rule', idOrName, '/api/v1/rules');
  return stored;
}

/** The range in ms. Throws a 422 problem. */
export function rangeOf({ from, to }: NewBacktest, nowMs: number): { fromMs: number | null; untilMs: number | null } {
  const fromMs = momentOf('from', from, nowMs);
  const untilMs = momentOf('to', to, nowMs);
  if (fromMs === null || fromMs < (untilMs ?? nowMs)) return { fromMs, untilMs };
  throw invalidBody([{ field: 'from', message: 'must be before `to`, which is now where it is left out' }]);
}

export const markOf = ({ openedAt, until, ...mark }: MarkedAlert): Mark => ({
  ...mark,
  openedAt: openedAt.getTime(),
  untilMs: until.getTime(),
});
