import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { givenDetection, givenItem, viewOf } from '../testing/given.js';
import { compileRules, formatProblem } from './index.js';

const wide = (text: string) => Buffer.from(text, 'utf16le');

describe('encodings', () => {
  it.each([
    ['body|base64: foobar', 'Zm9vYmFy', true],
    ['body|base64|contains: foobar', 'x Zm9vYmFy y', true],
    [String.raw`body|base64: 'a\*b'`, Buffer.from('a*b').toString('base64'), true],
    ['body|wide|base64: cmd', wide('cmd').toString('base64'), true],
    ['body|utf16le|base64: cmd', wide('cmd').toString('base64'), true],
    ['body|utf16be|base64: cmd', wide('cmd').swap16().toString('base64'), true],
    ['body|utf16|base64: cmd', Buffer.concat([Buffer.from([0xff, 0xfe]), wide('cmd')]).toString('base64'), true],
    ['body|wide: cmd', 'c\0m\0d\0', true],
    ['body|wide: cmd', 'cmd', false],
    ['body|base64|contains|cased: foobar', 'zM9VyMfY', false],
    ['body|base64|contains|all: [foobar, hello!]', 'Zm9vYmFy', false],
  ])('%s on %j', (item, body, expected) => {
    expect(givenItem(item)({ body })).toBe(expected);
  });

  it('base64offset finds the value at any offset within what was encoded', () => {
    const text = fc.stringMatching(/^[a-z0-9 ]{2,12}$/);
    fc.assert(
      fc.property(fc.string(), text, fc.string(), (before, value, after) => {
        const body = Buffer.from(before + value + after).toString('base64');
        expect(givenItem(`body|base64offset|contains: '${value}'`)({ body })).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('windash', () => {
  it.each([
    ["body|windash|contains: ' -decode'", 'certutil /decode x', true],
    ["body|contains|windash: ' -decode'", 'certutil \u2013DECODE x', true],
    ["body|contains|windash: ' /f'", 'x -f', true],
    ["body|contains|windash: ' -f'", 'x +f', false],
    ["body|contains|windash: 'a-b'", 'a/b', false],
    ["body|contains|all|windash: [' -a', ' -b']", 'x /a \u2015b', true],
    ["body|contains|all|windash: [' -a', ' -b']", 'x /a', false],
  ])('%s on %j', (item, body, expected) => {
    expect(givenItem(item)({ body })).toBe(expected);
  });
});

describe('parts of a date', () => {
  const at = '2025-10-24T23:52:38.276Z';
  it.each([
    ['body|hour: 23', at, true],
    ['body|hour: 22', at, false],
    ['body|hour|gte: 22', at, true],
    ['body|minute: 52', at, true],
    ['body|minute|lt: 52', at, false],
    ['body|day: 24', '2025-10-24', true],
    ['body|hour: 0', '2025-10-24', false],
    ['body|hour|neq: 0', '2025-10-24', true],
    ['body|week: 43', at, true],
    ['body|week: 1', '2024-12-30 00:00:00', true],
    ['body|week: 53', '2021-01-03', true],
    ['body|month: [9, 10]', at, true],
    ['body|year: 2025', at, true],
    ['body|year: 2025', 2025, false],
    ['body|hour: 23', '23', false],
  ])('%s on %j', (item, body, expected) => {
    expect(givenItem(item)({ body })).toBe(expected);
  });
});

describe('keywords', () => {
  it('are found in any value of the event, however deep', () => {
    const words = givenDetection('k: [EVIL, "s?vc*x"]', 'condition: k');
    expect(words({ body: 'an evil service' })).toBe(true);
    expect(words({ attributes: { deep: [{ er: 'SAVC then x' }] } })).toBe(true);
    expect(words({ evil: 'key' })).toBe(false);
    expect(words({})).toBe(false);
  });

  it('may all be needed, be a regular expression, or stand beside maps', () => {
    const all = givenDetection("k: {'|all': [one, two]}", 'condition: k');
    expect(all({ body: 'one', service: 'two' })).toBe(true);
    expect(all({ body: 'one' })).toBe(false);
    const regex = givenDetection("k: {'|re': 'a{3}'}", 'condition: k');
    expect(regex({ body: 'aaaa' })).toBe(true);
    const mixed = givenDetection('k: [word, {service: x}]', 'condition: k');
    expect(mixed({ service: 'x' })).toBe(true);
    expect(mixed({ body: 'a word' })).toBe(true);
    expect(mixed({ body: 'x' })).toBe(false);
  });
});

describe('placeholders', () => {
  const rule = (item: string) =>
    `title: T\nlogsource: {product: weir, service: log}\ndetection: {s: {${item}}, condition: s}\n`;
  const values = 'placeholders:\n  Servers: [srv*, db1]\n  Admins: root\n';
  const matches = (item: string, data: Record<string, unknown>) => {
    const set = compileRules([
      { file: 'rule.yml', text: rule(item) },
      { file: 'values.yml', text: values },
    ]);
    expect(set.problems.map(formatProblem)).toEqual([]);
    return set.detections[0]!.matches(viewOf({ data }, set.fields.paths));
  };

  it.each([
    ["body|expand: '%Servers%'", 'SRV17', true],
    ["body|expand: '%Servers%'", 'db2', false],
    ["body: '%Servers%'", 'srv1', false],
    ["body: '%Servers%'", '%servers%', true],
    ["body|expand: '%Admins%@%Servers%'", 'root@db1', true],
    [String.raw`body|expand: '\%plain%Admins%'`, '%plainroot', true],
    ["body|contains|expand: '%Admins%'", 'as root here', true],
    ["body|expand|re: '^%Admins%$'", 'root', true],
    ["body|expand: '50%'", '50%', true],
    ["body|expand|contains|all: ['%Servers%', x]", 'db1 x', true],
    ["body|expand|contains|all: ['%Servers%', x]", 'db1', false],
  ])('%s on %j', (item, body, expected) => {
    expect(matches(item, { body })).toBe(expected);
  });
});

describe('objects in events', () => {
  it('are no values, and break nothing', () => {
    for (const item of [
      'body: x',
      "body: '*'",
      'body|re: .',
      'body|fieldref: body',
      'body|cidr: 0.0.0.0/0',
      'body|hour: 1',
    ])
      expect(givenItem(item)({ body: { x: 'x' } })).toBe(false);
    expect(givenItem('body: x')({ body: [{ x: 'x' }, 'x'] })).toBe(true);
    expect(givenItem('body|exists: true')({ body: {} })).toBe(true);
  });
});
