import { expect, test } from 'vitest';
import { parseSilenceFile } from './index.js';

test('silences and allowlists are read; the same words have the same key', () => {
  const text = `silences:
  - match: {rule: ssh-*}
    startsAt: 2026-01-01T00:00:00Z
    endsAt: 2026-01-02T00:00:00+01:00
    reason: a test
allowlists:
  - match: {cidr: [192.0.2.0/24]}
    reason: us
`;
  const { entries, problems } = parseSilenceFile('f.yml', text);
  expect(problems).toEqual([]);
  expect(entries).toEqual([
    {
      kind: 'silence',
      matchers: { rule: ['ssh-*'] },
      startsAt: Date.UTC(2026, 0, 1),
      endsAt: Date.UTC(2026, 0, 1, 23),
      reason: 'a test',
      key: expect.any(String),
    },
    {
      kind: 'allowlist',
      matchers: { cidr: ['192.0.2.0/24'] },
      startsAt: undefined,
      endsAt: null,
      reason: 'us',
      key: expect.any(String),
    },
  ]);
  const again = parseSilenceFile('g.yml', `# moved\n${text}`).entries;
  expect(again.map(({ key }) => key)).toEqual(entries.map(({ key }) => key));
  expect(entries[0].key).not.toBe(entries[1].key);
});

test.each(['', '# nothing\n', 'silences: []\n'])('%j holds nothing, and that is right', (text) => {
  expect(parseSilenceFile('f.yml', text)).toEqual({ entries: [], problems: [] });
});

test.each([
  ['silences: [', /^f\.yml:1: /],
  ['- a\n', /^f\.yml:1: The file must be a mapping/],
  ['silence: []\n', /`silence` is neither/],
  ['silences: {}\n', /must be a list/],
  ['silences:\n  - x\n', /^f\.yml:2: silences\[0\] must be a mapping/],
  ['silences:\n\n  - {match: {rule: a}, reason: b}\n', /^f\.yml:3: silences\[0\]\.endsAt is missing/],
  ['allowlists:\n  - {match: {rule: a}}\n', /\.reason is missing/],
  ['allowlists:\n  - {match: {cidr: 1.2.3.4/8}, reason: b}\n', /\.match\.cidr\[0\] /],
  ['allowlists:\n  - {match: {rule: a}, reason: b, until: c}\n', /\.until is none of/],
  ['allowlists:\n  - {match: {rule: a}, reason: b, endsAt: tomorrow}\n', /\.endsAt must be a time/],
])('%j: refused, with its line', (text, problem) => {
  expect(parseSilenceFile('f.yml', text).problems).toEqual([expect.stringMatching(problem)]);
});
