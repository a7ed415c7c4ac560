import { expect, test } from 'vitest';
import { bytes, duration, printable, table } from './table.js';

test('numbers stand right, words left, what is missing is a dash', () => {
  const text = table(
    [
      { title: 'topic', value: (row: { topic: string; records: number; note?: string }) => row.topic },
      { title: 'records', value: (row) => row.records },
      { title: 'note', value: (row) => row.note },
    ],
    [
      { topic: 'api.call', records: 1_234_567 },
      { topic: 'login', records: 8, note: 'x' },
    ],
  );
  expect(text).toBe('topic       records  note\napi.call  1,234,567  -\nlogin             8  x');
});

test('an empty table says so', () => {
  expect(table([{ title: 'topic', value: () => '' }], [])).toBe('(none)');
});

test('escape sequences from outside are shown, not obeyed', () => {
  expect(printable('a\x1b[31mb\u202e')).toBe('a\\u001b[31mb\\u202e');
});

test.each([
  [512, '512 B'],
  [1536, '1.5 KiB'],
  [200 * 1024 * 1024, '200 MiB'],
])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

test.each([
  [350, '350 ms'],
  [4_200, '4.2 s'],
  [180_000, '3 min'],
  [18_000_000, '5.0 h'],
])('%d ms are %s', (value, text) => expect(duration(value)).toBe(text));
