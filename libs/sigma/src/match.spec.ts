import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { givenDetection, givenItem, givenRule } from '../testing/given.js';
import { fold } from './text.js';
import { escapeText } from './wildcard.js';

describe('a field and its value', () => {
  it.each([
    // text, ignoring case
    ['body: Hello', 'hELLO', true],
    ['body: Hello', 'hello there', false],
    ["body: ''", '', true],
    ["body: ''", undefined, false],
    ['body: Straße', 'STRAßE', true],
    // numbers and booleans are equal to their text
    ['body: 401', 401, true],
    ['body: 401', '401', true],
    ["body: '401'", 401, true],
    ["body: '401'", '401', true],
    ["body: '0401'", 401, false],
    ['body: 401', '0401', false],
    ['body: 4.5', '4.5', true],
    ['body: true', true, true],
    ['body: true', 'True', true],
    ["body: 'TRUE'", true, true],
    ['body: 1', true, false],
    // wildcards
    ["body: 'h?llo*'", 'Hallo Welt', true],
    ["body: '4*'", 404, true],
    [String.raw`body: '\*'`, '*', true],
    [String.raw`body: '\*'`, 'x', false],
    // null and absence
    ['body: null', undefined, true],
    ['body: null', null, true],
    ['body: null', '', false],
    ['body:', undefined, true],
    ["body: '*'", null, false],
    ["body: '*'", '', true],
    // lists mean any
    ['body: [a, 2, true]', 'A', true],
    ['body: [a, 2, true]', 2, true],
    ['body: [a, 2, true]', '2', true],
    ['body: [a, b, c, d, E]', 'e', true],
    ['body: [a, b, c, d, 5]', 5, true],
    ['body: [a, b, c, d, 5]', 'f', false],
    ['body: [a, b, c, d, "é*"]', 'Ébène', true],
    ['body: [a, b]', ['x', 'B'], true],
    ['body: [a, b]', ['x', ['y', 'b']], true],
    ['body: [a, b]', [], false],
    ['body: [a, b]', [null], false],
  ])('%s on %j', (item, body, expected) => {
    expect(givenItem(item)({ body })).toBe(expected);
  });
});

describe('modifiers', () => {
  it.each([
    ['body|contains: ell', 'HELLO', true],
    ['body|contains: ell', 'HERO', false],
    ['body|contains: 40', 1401, true],
    ["body|contains: 'h*o'", 'oh hello you', true],
    ['body|contains: [foo, BAR]', 'Rebar', true],
    ['body|contains|all: [foo, bar]', 'foobar', true],
    ['body|contains|all: [foo, bar]', 'foo', false],
    ['body|all|contains: [foo, bar]', ['a foo', 'a bar'], true],
    ['body|startswith: /ADMIN', '/admin/x', true],
    ['body|startswith: /admin', '/ad', false],
    ['body|endswith: .BAK', 'x.bak', true],
    ['body|endswith: .bak', 'bak', false],
    ['body|endswith: [.js, .CSS, é, x]', '/a.Css', true],
    ['body|endswith: [.js, .css, é, x]', '/a.cs', false],
    ['body|endswith: [.js, .css, é, x]', 'JÉ', true],
    ['body|endswith: [.js, .css, k]', 'x\u212a', true],
    ['body|endswith: [.js, .css]', '', false],
    ['body|endswith: [4, 5]', 404, true],
    ['body|startswith: [/A, /b, é*]', '/Bx', true],
    ['body|startswith: [/a, /b]', 'x/a', false],
    ['body|startswith: [true, false]', true, true],
    ["body|contains: ['', x]", 'anything', true],
    ["body|contains: [a, b, 'c*d']", 'xCyD', true],
    ['body|cased: Hello', 'hello', false],
    ['body|cased: Hello', 'Hello', true],
    ['body|contains|cased: [X, Y]', 'x', false],
    ['body|cased: [A, B, C, D]', 'a', false],
    ['body|cased: [A, B, C, D]', 'D', true],
    ['body|exists: true', null, true],
    ['body|exists: true', undefined, false],
    ['body|exists: false', undefined, true],
    ['body|re: h.llo', 'say hello', true],
    ['body|re: h.llo', 'HELLO', false],
    ['body|re|i: h.llo', 'HELLO', true],
    ['body|re: a.b', 'a\nb', false],
    ['body|re|s: a.b', 'a\nb', true],
    ["body|re: '^b$'", 'a\nb\nc', false],
    ["body|re|m: '^b$'", 'a\nb\nc', true],
    ["body|re|i|m: '^B$'", 'a\nb\nc', true],
    ["body|re: '^4\\d+$'", 404, true],
    ['body|gt: 5', 5, false],
    ['body|gte: 5', 5, true],
    ['body|lt: 5', 4.9, true],
    ['body|lte: 5', 5, true],
    ['body|gt: 5', '10', true],
    ['body|gt: 5', 'many', false],
    ['body|lt: 5', '', false],
    ['body|lt: 5', undefined, false],
    ['body|lt: 5', [9, 3], true],
    ['body|neq: a', 'b', true],
    ['body|neq: a', 'A', false],
    ['body|neq: [a, b]', 'b', false],
    ['body|neq: a', undefined, true],
    ['body|neq: a', ['b', 'a'], false],
    ['body|neq: null', 'b', true],
    ['body|neq|contains: a', 'bab', false],
    ['body|cidr: 10.0.0.0/8', '10.255.1.2', true],
    ['body|cidr: 10.0.0.0/8', '11.0.0.0', false],
    ['body|cidr: 10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['body|cidr: 10.0.0.0/8', '10.1.2', false],
    ['body|cidr: 10.0.0.0/8', '10.1.2.256', false],
    ['body|cidr: 10.0.0.0/8', '10.1.2.3 ', false],
    ['body|cidr: 10.0.0.0/8', '10.1.2.3.4', false],
    ['body|cidr: 10.0.0.0/8', 'ten', false],
    ['body|cidr: 192.0.2.128/25', '192.0.2.127', false],
    ['body|cidr: 192.0.2.128/25', '192.0.2.255', true],
    ['body|cidr: 0.0.0.0/0', '255.255.255.255', true],
    ['body|cidr: 192.0.2.1', '192.0.2.1', true],
    ["body|cidr: '2001:db8::/32'", '2001:DB8:1::1', true],
    ["body|cidr: '2001:db8::/32'", '2001:db9::', false],
    ["body|cidr: '2001:db8::/32'", '10.0.0.1', false],
    ["body|cidr: '::/0'", '10.0.0.1', false],
    ['body|cidr: [10.0.0.0/8, 192.168.0.0/16]', '192.168.3.4', true],
  ])('%s on %j', (item, body, expected) => {
    expect(givenItem(item)({ body })).toBe(expected);
  });

  it('fieldref compares two fields of the event', () => {
    const same = givenItem('from|fieldref: to');
    expect(same({ from: 'A', to: 'a' })).toBe(true);
    expect(same({ from: 'a', to: ['b', 'A'] })).toBe(true);
    expect(same({ from: 5, to: '5' })).toBe(true);
    expect(same({ from: 'a', to: 'b' })).toBe(false);
    expect(same({})).toBe(false);
    expect(givenItem('from|fieldref|cased: to')({ from: 'A', to: 'a' })).toBe(false);
    expect(givenItem('from|fieldref|neq: to')({ from: 'A', to: 'b' })).toBe(true);
  });
});

describe('many parts', () => {
  it('are found as each one alone would be, whatever signs they hold', () => {
    const part = fc.string({
      unit: fc.constantFrom(...'aB.*+?()[]{}|^$/\\-\n\u2028é\ud83d\ude00'),
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 4, maxLength: 30 }),
        fc.string({ unit: 'grapheme' }),
        part,
        (parts, before, after) => {
          const list = givenItem(`body|contains: ${JSON.stringify(parts.map(escapeText))}`);
          for (const body of [before + after, before + parts[0], after])
            expect(list({ body })).toBe(parts.some((one) => fold(body).includes(fold(one))));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('may be thousands', () => {
    const parts = Array.from({ length: 5000 }, (_, n) => `part number ${n}!`);
    const list = givenItem(`body|contains: ${JSON.stringify(parts)}`);
    expect(list({ body: 'x PART number 4999! y' })).toBe(true);
    expect(list({ body: 'x part number 5000! y' })).toBe(false);
  });
});

describe('search identifiers', () => {
  it('a map needs all its fields, a list of maps any of them', () => {
    const map = givenDetection('s: {a: 1, b: 2, c: 3, d: 4}', 'condition: s');
    expect(map({ a: 1, b: 2, c: 3, d: 4 })).toBe(true);
    expect(map({ a: 1, b: 2, c: 3 })).toBe(false);
    const list = givenDetection('s: [{a: 1}, {b: 2}, {c: 3, d: 4}]', 'condition: s');
    expect(list({ b: 2 })).toBe(true);
    expect(list({ c: 3, d: 4 })).toBe(true);
    expect(list({ c: 3 })).toBe(false);
  });

  it('a list of conditions means any of them', () => {
    const either = givenDetection('a: {x: 1}', 'b: {y: 1}', 'condition: [a, a and b, b]');
    expect(either({ y: 1 })).toBe(true);
    expect(either({})).toBe(false);
  });

  it('absence can be told from emptiness', () => {
    const missing = givenDetection('s: {a: 1}', 'empty: [{b: ""}, {b: null}]', 'condition: s and empty');
    expect(missing({ a: 1 })).toBe(true);
    expect(missing({ a: 1, b: '' })).toBe(true);
    expect(missing({ a: 1, b: 'x' })).toBe(false);
  });
});

describe('log sources', () => {
  it('weir names the fields of data, and the envelope with a sign', () => {
    const { matches, detection } = givenRule(
      'title: T\nlogsource: {product: weir, service: share}\ndetection: {s: {object.id: x, $type: share}, condition: s}',
    );
    expect(detection.types).toEqual(['share']);
    expect(matches({ object: { id: 'X' } })).toBe(true);
  });

  it('webserver uses the W3C names, and joins path and query', () => {
    const { matches, detection } = givenRule(
      'title: T\nlogsource: {category: webserver, definition: any}\ndetection: {s: {cs-method: GET, cs-uri: "/a?b=*"}, condition: s}',
    );
    expect(detection.types).toEqual(['api.call']);
    expect(matches({ method: 'GET', path: '/a', query: 'b=c' })).toBe(true);
    expect(matches({ method: 'GET', path: '/a' })).toBe(false);
    expect(matches({ method: 'GET' })).toBe(false);
  });

  it('sshd is the logins of sshd alone', () => {
    const { matches } = givenRule(
      'title: T\nlogsource: {product: linux, service: sshd}\ndetection: {s: {outcome: failure}, condition: s}',
    );
    expect(matches({ outcome: 'failure', service: 'sshd' })).toBe(true);
    expect(matches({ outcome: 'failure', service: 'imap' })).toBe(false);
  });
});
