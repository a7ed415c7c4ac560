import { existsSync, globSync, readFileSync } from 'node:fs';
import Schema from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ruleSchema } from './index.js';

const root = new URL('../../../', import.meta.url).pathname;
const data = new URL('../shared/data/sigma/', `file://${root}`).pathname;
const there = existsSync(data);
if (!there) console.warn('LEFT OUT: THE JSON SCHEMA ON THE RULES OF SIGMA, AS ../shared/data/sigma IS NOT THERE');

const validator = Schema.Compile(ruleSchema);

function refused(folder: string, pattern: string): string[] {
  const files = globSync(pattern, { cwd: folder });
  expect(files.length).toBeGreaterThan(0);
  return files.filter((file) =>
    parseAllDocuments(readFileSync(folder + file, 'utf8')).some((document) => !validator.Check(document.toJS())),
  );
}

describe('the JSON Schema of rules', () => {
  it('takes the rules that ship', () => {
    expect(refused(root, 'rules/**/*.yml')).toEqual([]);
  });

  it.skipIf(!there)('takes the rules of Sigma, and the samples of its schemas that are whole', () => {
    expect(refused(data, 'rules/**/*.yml')).toEqual([]);
    expect(refused(data, 'regression/*/rule.yml')).toEqual([]);
    expect(refused(data, 'spec/tests/schema/**/*.yml')).toEqual([]);
  });

  it.each([
    [{ title: 'x' }],
    [
      {
        title: 'x',
        correlation: { type: 'event_count', rules: ['a'], 'group-by': ['b'], timespan: '1 m', condition: { gte: 1 } },
      },
    ],
    [
      {
        title: 'x',
        correlation: { type: 'spike', rules: ['a'], 'group-by': ['b'], timespan: '1m', condition: { factor: 2 } },
      },
    ],
    [{ title: 'x', correlation: { type: 'absence', rules: ['a'], 'group-by': ['b'], timespan: '1m', condition: {} } }],
    [{ title: 'x', level: 'hihg', logsource: {}, detection: { s: { a: 1 }, condition: 's' } }],
  ])('refuses %j', (rule) => {
    expect(validator.Check(rule)).toBe(false);
  });
});
