import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { excerptRule } from './excerpt.js';
import { compileRules } from './rules.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const shipped = globSync('rules/**/*.yml', { cwd: root }).map((file) => ({
  file,
  text: readFileSync(`${root}${file}`, 'utf8'),
}));

const detection = (name: string, more = '') =>
  `title: ${name}\nname: ${name}\nlogsource: {product: acme}\ndetection: {s: {user|expand: '%Admins%'}, condition: s}\n${more}`;
const counting = (name: string, rules: string) =>
  `title: ${name}\nname: ${name}\ncorrelation: {type: event_count, rules: [${rules}], group-by: [user], timespan: 1m, condition: {gte: 3}}\n`;
const files = [
  { file: 'mapping.yml', text: 'title: M\nmapping: {logsource: {product: acme}, type: log, below: attributes}\n' },
  {
    file: 'other-mapping.yml',
    text: 'title: O\nmapping: {logsource: {product: other}, type: log, below: attributes}\n',
  },
  { file: 'values.yml', text: 'title: V\nplaceholders: {Admins: [root, admin*]}\n' },
  { file: 'rules.yml', text: [detection('a'), detection('b'), counting('many', 'a')].join('---\n') },
  {
    file: 'filters.yml',
    text: `title: Both\nlogsource: {product: acme}\nfilter: {rules: [a, b], s: {user: admin-bot}, condition: s}\n---
title: Not ours\nlogsource: {product: acme}\nfilter: {rules: [b], s: {user: admin-b}, condition: s}\n`,
  },
  {
    file: 'by-file-name.yml',
    text: 'title: Lone\nlogsource: {product: weir, service: login}\ndetection: {s: {outcome: failure}, condition: s}\n',
  },
];
const compiled = (text: string) => {
  const { problems, detections, correlations } = compileRules([{ file: 'rule.yml', text }]);
  expect(problems).toEqual([]);
  return [...detections, ...correlations];
};

test('an excerpt holds what a rule counts, with its filters, mapping and placeholders, and nothing else', () => {
  const text = excerptRule(files, 'many')!;
  expect(compiled(text).map(({ info }) => info.name)).toEqual(['a', 'many']);
  const whole = compileRules(files);
  expect(whole.problems).toEqual([]);
  expect(text).toContain('%Admins%');
  expect(text).toContain('admin-bot');
  expect(text).not.toMatch(/Not ours|title: O|title: b/);
});

test('a rule that goes by its file keeps its name and id', () => {
  expect(compiled(excerptRule(files, 'by-file-name')!)[0].info).toMatchObject({
    id: 'by-file-name',
    name: 'by-file-name',
  });
  expect(excerptRule(files, 'none')).toBeNull();
});

test('of rules that ship, every excerpt means what the whole does', () => {
  const whole = compileRules(shipped);
  for (const { info, detections } of whole.correlations) {
    const [excerpt] = compileRules([{ file: 'rule.yml', text: excerptRule(shipped, info.id)! }]).correlations;
    expect(excerpt.info).toMatchObject({ id: info.id, name: info.name, version: info.version });
    expect(excerpt.detections.map(({ meaning }) => meaning)).toEqual(detections.map(({ meaning }) => meaning));
  }
});

test('an excerpt of a chain holds every level of it, and none that stands above', () => {
  const level = (name: string, type: string, rules: string) =>
    `title: ${name}\nname: ${name}\ncorrelation: {type: ${type}, rules: [${rules}], group-by: [user], timespan: 1m}\n`;
  const counts = counting('first', 'a');
  const above = [level('second', 'temporal', 'first, b'), level('third', 'temporal_ordered', 'second, first')];
  const rules = { file: 'rules.yml', text: [detection('a'), detection('b'), counts, ...above].join('---\n') };
  const chained = files.map((file) => (file.file === 'rules.yml' ? rules : file));
  const namesIn = (name: string) => compiled(excerptRule(chained, name)!).map(({ info }) => info.name);
  expect(namesIn('third').sort()).toEqual(['a', 'b', 'first', 'second', 'third']);
  expect(namesIn('second').sort()).toEqual(['a', 'b', 'first', 'second']);
  expect(excerptRule(chained, 'third')).toContain('admin-bot');
});
