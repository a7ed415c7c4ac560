import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DetectionPlan } from '#libs/detection';
import { decodeEvent } from '#libs/events';
import { type Input, planOf } from './detect.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const filesOf = (pattern: string): string[] => globSync(pattern, { cwd: root }).sort();
const textOf = (file: string): string => readFileSync(`${root}${file}`, 'utf8');

const rulesOf = (pattern: string) => filesOf(pattern).map((file) => ({ file, text: textOf(file) }));

/** The rules that ship. */
export const shippedPlan = planOf(rulesOf('rules/**/*.yml'));

/** A log in and alerts out. */
export interface Scenario {
  name: string;
  /** Its own rules, or those that ship. */
  plan: DetectionPlan;
  inputs: Input[];
  alerts: unknown[];
}

/** Every folder with `log.ndjson` and `alerts.json`; and `rule.yml`, unless it is about the rules that ship. */
export const scenarios: Scenario[] = filesOf('test/scenarios/*/alerts.json').map((file) => {
  const folder = file.slice(0, file.lastIndexOf('/'));
  return {
    name: folder.split('/')[2],
    plan: existsSync(`${root}${folder}/rule.yml`) ? planOf(rulesOf(`${folder}/rule.yml`)) : shippedPlan,
    inputs: textOf(`${folder}/log.ndjson`).trim().split('\n').map(inputOf),
    alerts: JSON.parse(textOf(file)) as unknown[],
  };
});

function inputOf(line: string): Input {
  const decoded = decodeEvent(line);
  if (decoded.kind !== 'ok') throw new TypeError(decoded.reason);
  return { type: decoded.type, key: decoded.key, timeMs: decoded.timeMs, value: Buffer.from(line) };
}
