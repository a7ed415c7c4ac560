import { describe, expect, it } from 'vitest';
import { compileRules, formatProblem } from './index.js';

const detection = (name: string, item: string) =>
  `title: ${name}\nname: ${name}\nlogsource: {product: acme}\ndetection: {s: {${item}}, condition: s}\n`;
const plain = detection('plain', 'user: root');
const admins = detection('admins', "user|expand: '%Admins%'");
const filtered = detection('filtered', 'user: root');
const filter =
  "title: Servers\nlogsource: {product: acme}\nfilter: {rules: [filtered], s: {host|expand: '%Servers%'}, condition: s}\n";
const mapping = (below: string) => `title: M\nmapping: {logsource: {product: acme}, type: log, below: ${below}}\n`;

function compiled(...texts: string[]) {
  const files = texts.map((text, n) => ({ file: `${n}.yml`, text }));
  const { detections, problems } = compileRules(files);
  expect(problems.map(formatProblem)).toEqual([]);
  return detections;
}

/** The rules that mean something else in the second set. */
function changed(first: string[], second: string[]): string[] {
  const before = new Map(compiled(...first).map(({ info, meaning }) => [info.name, meaning]));
  return compiled(...second).flatMap(({ info, meaning }) => (before.get(info.name) === meaning ? [] : info.name));
}

describe('what a detection means', () => {
  const rules = [plain, admins, filtered, filter];
  const values = 'placeholders: {Admins: [root], Servers: [db1]}\n';

  it('hangs on the placeholders that it or its filters name, and on no others', () => {
    const without = [plain, admins, filtered, filter, values];
    expect(changed(without, [...rules, `${values}---\nplaceholders: {Others: [x]}\n`])).toEqual([]);
    expect(changed(without, [...rules, values.replace('root', 'root, toor')])).toEqual(['admins']);
    expect(changed(without, [...rules, values.replace('db1', 'db2')])).toEqual(['filtered']);
    expect(changed(without, [...rules, 'placeholders: {Servers: [db1]}\n---\nplaceholders: {Admins: root}\n'])).toEqual(
      [],
    );
  });

  it('does not hang on which other rules a filter is for', () => {
    const more = filter.replace('[filtered]', '[filtered, plain]');
    expect(changed([...rules, values], [plain, admins, filtered, more, values])).toEqual(['plain']);
  });

  it('takes other documents, which it names', () => {
    const all = compiled(...rules, mapping('attributes'), `title: x\nplaceholders: {Others: [x]}\n---\n${values}`);
    const taken = Object.fromEntries(all.map(({ info, takes }) => [info.name, takes]));
    expect(taken).toEqual({
      plain: [{ file: '4.yml', line: 1 }],
      admins: [
        { file: '4.yml', line: 1 },
        { file: '5.yml', line: 4 },
      ],
      filtered: [
        { file: '4.yml', line: 1 },
        { file: '3.yml', line: 1 },
        { file: '5.yml', line: 4 },
      ],
    });
    expect(changed([...rules, values, mapping('attributes')], [...rules, values, mapping('data')])).toEqual([
      'plain',
      'admins',
      'filtered',
    ]);
  });
});
