import { expect, test } from 'vitest';
import { formatProblem } from '#libs/sigma';
import type { StoredRule } from '#libs/storage';
import { composeRules } from './compose-rules.js';

const detection = (name: string, outcome: string) =>
  `title: ${name}\nname: ${name}\nlogsource: {product: weir, service: login}\ndetection: {s: {outcome: ${outcome}}, condition: s}\n`;
const stored = (id: string, text: string): StoredRule => ({
  ...{ id, name: id, text, file: `<database>/${id}.yml`, version: 2 },
  ...{ source: 'database', state: 'enabled', change: 1, actor: 'key', at: 0 },
});

test('a rule of the database stands in place of one that is alone in its file', () => {
  const files = [
    { file: 'a.yml', text: `# ours\n---\n${detection('a', 'failure')}` },
    { file: 'b.yml', text: detection('b', 'failure') },
  ];
  const { rules } = composeRules(files, [stored('a', detection('a', 'success'))], new Map());
  expect(rules.problems.map(formatProblem)).toEqual([]);
  expect(rules.detections.map(({ info }) => [info.name, info.file, info.version])).toEqual([
    ['b', 'b.yml', 1],
    ['a', '<database>/a.yml', 2],
  ]);
});

test('and in place of one that can’t be run', () => {
  const files = [{ file: 'a.yml', text: detection('a', 'failure').replace('condition: s', 'condition: t') }];
  const { rules } = composeRules(files, [stored('a', detection('a', 'success'))], new Map());
  expect(rules.problems.map(({ file }) => file)).toEqual(['a.yml']);
  expect(rules.detections.map(({ info }) => info.file)).toEqual(['<database>/a.yml']);
});
