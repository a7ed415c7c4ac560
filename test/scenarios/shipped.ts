import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readScenarios, type Scenario } from '#libs/backtest';
import type { DetectionPlan } from '#libs/detection';
import { planOf } from './detect.js';

const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/dist\/$/, '');

/** The rule files that ship. */
export const shippedRules = globSync('rules/**/*.yml', { cwd: root })
  .sort()
  .map((file) => ({ file, text: readFileSync(`${root}${file}`, 'utf8') }));

/** The rules that ship. */
export const shippedPlan = planOf(shippedRules);

/** Every folder with `log.ndjson` and `alerts.json`; and `rule.yml`, unless it is about the rules that ship. */
export const scenarios: (Scenario & { plan: DetectionPlan })[] = readScenarios(`${root}test/scenarios`).map(
  (scenario) => ({ ...scenario, plan: scenario.rules === null ? shippedPlan : planOf([scenario.rules]) }),
);
