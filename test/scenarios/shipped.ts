import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeEvent } from '#libs/events';
import { type Input, planOf } from './detect.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const filesOf = (pattern: string): string[] => globSync(pattern, { cwd: root }).sort();
const textOf = (file: string): string => readFileSync(`${root}${file}`, 'utf8');

/** The rules that ship. */
export const shippedPlan = planOf(filesOf('rules/**/*.yml').map((file) => ({ file, text: textOf(file) })));

/** A log in and alerts out. */
export interface Scenario {
  name: string;
  inputs: Input[];
  alerts: unknown[];
}

/** Every folder with `log.ndjson` and `alerts.json`. */
export const scenarios: Scenario[] = filesOf('test/scenarios/*/alerts.json').map((file) => {
  const folder = file.slice(0, file.lastIndexOf('/'));
  return {
    name: folder.split('/')[2],
    inputs: textOf(`${folder}/log.ndjson`).trim().split('\n').map(inputOf),
    alerts: JSON.parse(textOf(file)) as unknown[],
  };
});

function inputOf(line: string): Input {
  const decoded = decodeEvent(line);
  if (decoded.kind !== 'ok') throw new TypeError(decoded.reason);
  return { type: decoded.type, key: decoded.key, timeMs: decoded.timeMs, value: Buffer.from(line) };
}
