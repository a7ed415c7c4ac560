import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileRules } from './index.js';

const root = new URL('../../../', import.meta.url).pathname;

describe('the rules that ship', () => {
  const names = globSync('rules/**/*.yml', { cwd: root }).toSorted();
  const set = compileRules(names.map((file) => ({ file, text: readFileSync(root + file, 'utf8') })));

  it('compile', () => {
    expect(set.problems).toEqual([]);
  });

  it('alert on counts only, and say what they are, how grave and what else it could be', () => {
    expect(set.detections.filter((d) => d.alerting)).toEqual([]);
    for (const { info } of [...set.correlations, ...set.detections]) {
      expect(info.id, info.file).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(info.description, info.name).not.toBe('');
    }
    for (const { info } of set.correlations) {
      expect(info.text, info.name).toMatch(/^name: /m);
      expect(info.tags.join(), info.name).toMatch(/^attack\./);
      expect(info.falsepositives, info.name).not.toEqual([]);
    }
  });

  it('each have a scenario', () => {
    const scenarios = globSync('test/scenarios/*/alerts.json', { cwd: root }).map((path) => path.split('/')[2]);
    for (const { info } of set.correlations) expect(scenarios).toContain(info.name);
  });
});

it('the examples of the manual compile together', () => {
  const page = readFileSync(`${root}docs/writing-rules.md`, 'utf8');
  const files = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text], n) => ({ file: `${n}.yml`, text: text! }));
  const { detections, problems } = compileRules(files);
  expect(problems).toEqual([]);
  expect(files.length).toBeGreaterThan(2);
  expect(detections).toHaveLength(1);
});
