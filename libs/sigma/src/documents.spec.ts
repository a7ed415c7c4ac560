import { expect, test } from 'vitest';
import { compileRules, documentsIn, withoutDocuments } from './index.js';

const detection = (title: string, more = '') =>
  `title: ${title}\n${more}logsource: {product: weir, service: login}\ndetection: {s: {outcome: failure}, condition: s}\n`;
const filter = 'title: F\nlogsource: {product: weir, service: login}\nfilter: {rules: any, s: {ip: x}, condition: s}\n';
const file = (...texts: string[]) => ({ file: 'rules/some.yml', text: `# ours\n---\n${texts.join('---\n')}` });

test('documents are told apart, whether they can be run or not', () => {
  const broken = detection('B', 'id: b\nname: broken\n').replace('condition: s', 'condition: t');
  const documents = documentsIn([file(detection('A'), filter, broken, 'title: nothing\n')]);
  expect(documents.map(({ kind, id, name, line, column }) => [kind, id, name, line, column])).toEqual([
    ['detection', 'some', 'some', 3, 1],
    ['filter', 'some-2', 'some-2', 7, 1],
    ['detection', 'b', 'broken', 11, 1],
  ]);
});

test('what is left of a file stays where it is, under the name that it had', () => {
  const given = file(detection('A'), filter, detection('C'));
  const [first, second] = documentsIn([given]);
  const [left] = withoutDocuments([given], [first, second]);
  expect(left.text.split('\n')).toHaveLength(given.text.split('\n').length);
  expect(compileRules([left])).toMatchObject({
    problems: [],
    detections: [{ info: { id: 'some-3', name: 'some-3' } }],
  });
  expect(documentsIn([left])).toEqual(documentsIn([given]).slice(2));
});

test('a file of which nothing is left goes, and no other', () => {
  const empty = { file: 'empty.yml', text: '# none\n' };
  const neither = { file: 'neither.yml', text: 'title: A\nlogsource: {category: webserver}\n' };
  const given = [file(detection('A'), filter), empty, neither];
  expect(withoutDocuments(given, documentsIn(given))).toEqual([empty, neither]);
});
