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
  expect(rules.problems).toEqual([]);
  expect(rules.detections.map(({ info }) => info.file)).toEqual(['<database>/a.yml']);
});

test('files may name rules of the database, and are taken over when they change', () => {
  const filter = (ip: string) => ({
    file: 'filter.yml',
    text: `title: F\nlogsource: {product: weir, service: login}\nfilter: {rules: [a], s: {ip: ${ip}}, condition: s}\n`,
  });
  const before = new Map([['filter.yml', filter('192.0.2.1').text]]);
  const { rules, files } = composeRules([filter('192.0.2.2')], [stored('a', detection('a', 'failure'))], before);
  expect(rules.problems).toEqual([]);
  expect(files).toEqual([filter('192.0.2.2')]);
});

test('a file that is broken goes on as it was, and so do rules of the database that count its own', () => {
  const counting = `title: many\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [ip], timespan: 1m, condition: {gte: 5}}\n`;
  const before = new Map([['a.yml', detection('a', 'failure')]]);
  const broken = { file: 'a.yml', text: detection('a', 'failure').replace('condition: s', 'condition: t') };
  const { rules } = composeRules([broken], [stored('many', counting)], before);
  expect(rules.problems.map(({ file, rule }) => [file, rule])).toEqual([['a.yml', 'a']]);
  expect(rules.correlations.map(({ info }) => info.name)).toEqual(['many']);
});
