import { existsSync, globSync, readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import { compileRules, type RuleFile, type RuleSet } from '#libs/sigma';

const sigma = '../shared/data/sigma/';
export const sigmaIsThere = existsSync(sigma);

/** Rules that others wrote, if they are kept beside the clone, else those that ship. */
function realRules(): RuleFile[] {
  const patterns = sigmaIsThere ? ['rules/**/*.yml', 'regression/*/rule.yml'] : ['rules/**/*.yml'];
  const folder = sigmaIsThere ? sigma : './';
  return globSync(patterns, { cwd: folder })
    .toSorted()
    .map((file) => ({ file, text: readFileSync(folder + file, 'utf8') }));
}

type Fields = Record<string, unknown>;

/** Another value of the same kind and about the same length, that no event has. */
function varied(value: unknown, nth: number): unknown {
  if (typeof value === 'string') return value.replace(/[a-z]{3}(?=[^a-z]*$)/iu, (letters) => `${letters}q${nth}`);
  if (Array.isArray(value)) return value.map((element) => varied(element, nth));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, key === 'condition' ? v : varied(v, nth)]));
}

/** The `nth` variant of a detection: the same fields and condition, with other texts. */
function variant({ file, text }: RuleFile, nth: number): RuleFile | undefined {
  const rule = parseAllDocuments(text)[0].toJS() as Fields;
  if (rule.detection === undefined) return undefined;
  const { id: _, name: __, ...rest } = rule;
  const changed = {
    ...rest,
    name: `${file.replace(/[^a-z0-9]+/giu, '-')}${nth}`,
    title: `${String(rule.title)} (${nth})`,
    detection: varied(rule.detection, nth),
  };
  return { file: file.replace('.yml', `-${nth}.yml`), text: stringify(changed) };
}

/** `count` rules, the real ones first, from all log sources alike. */
export function manyRules(count: number): RuleSet {
  const real = realRules();
  // A stride that shares no factor with the length visits each once, and the folders in turn.
  const stride = 197;
  const spread = real.map((_, i) => real[(i * stride) % real.length]);
  const files: RuleFile[] = spread.slice(0, count);
  for (let nth = 1; files.length < count; nth++)
    files.push(...spread.flatMap((rule) => variant(rule, nth) ?? []).slice(0, count - files.length));
  const rules = compileRules(files);
  if (rules.problems.length > 0) throw new TypeError(JSON.stringify(rules.problems[0]));
  return rules;
}
