import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compileEntries,
  type Matchable,
  type Matchers,
  matches,
  networkText,
  parseMatchers,
  parseNetwork,
} from './index.js';
import { contains, overlaps, widen } from './network.js';

const alert: Matchable = {
  rule: { id: '6f1c', name: 'ssh-bruteforce', owner: 'platform' },
  severity: 'high',
  group: { ip: '192.0.2.7', user: 'Root', tries: 5 },
};

describe('matchers', () => {
  test.each<[Matchers, boolean]>([
    [{ rule: ['6f1c'] }, true],
    [{ rule: ['SSH-*'] }, true],
    [{ rule: ['ssh'] }, false],
    [{ rule: ['nginx-*', 'ssh-bruteforc?'] }, true],
    [{ severity: ['low', 'high'] }, true],
    [{ severity: ['low'] }, false],
    [{ group: { ip: ['192.0.2.*'] } }, true],
    [{ group: { user: ['root'] } }, true],
    [{ group: { tries: ['5'] } }, true],
    [{ group: { host: ['*'] } }, false],
    [{ group: { '*': ['root'] } }, true],
    [{ cidr: ['192.0.2.0/24'] }, true],
    [{ cidr: ['192.0.2.8/31', '2001:db8::/32'] }, false],
    [{ owner: ['platform'] }, true],
    [{ rule: ['ssh-*'], cidr: ['10.0.0.0/8'] }, false],
  ])('%j: %s', (matchers, expected) => {
    expect(matches(matchers, alert)).toBe(expected);
    expect(compileEntries([{ matchers }]).matching(alert)).toHaveLength(expected ? 1 : 0);
  });

  test('a rule without an owner has none that a wildcard could mean', () => {
    expect(matches({ owner: ['*'] }, { ...alert, rule: { id: 'a', name: 'a', owner: null } })).toBe(false);
  });

  test('single values and lists are read alike', () => {
    const parsed = parseMatchers({
      rule: 'ssh-*',
      severity: ['low'],
      group: { port: 22 },
      cidr: '::ffff:192.0.2.0/120',
    });
    const matchers = { rule: ['ssh-*'], severity: ['low'], group: { port: ['22'] }, cidr: ['::ffff:192.0.2.0/120'] };
    expect(parsed).toEqual({ kind: 'ok', matchers });
  });

  test.each([
    [null, ''],
    [[], ''],
    [{}, ''],
    [{ rules: 'a' }, 'rules'],
    [{ rule: [] }, 'rule'],
    [{ rule: '' }, 'rule'],
    [{ rule: ['a', {}] }, 'rule[1]'],
    [{ severity: 'hi' }, 'severity[0]'],
    [{ group: {} }, 'group'],
    [{ group: { ip: [null] } }, 'group.ip[0]'],
    [{ cidr: ['192.0.2.1/24'] }, 'cidr[0]'],
    [{ cidr: 'example.org' }, 'cidr[0]'],
  ])('%j is refused, and the field named', (value, field) => {
    expect(parseMatchers(value)).toMatchObject({ kind: 'refused', problems: [{ field }] });
  });
});

const address = fc
  .tuple(fc.constantFrom('10.0.0', '10.0.1', '2001:db8::', '::ffff:10.0.0'), fc.nat(7))
  .map(([start, last]) => (start.endsWith('::') ? `${start}${last}` : `${start}.${last}`));
const network = fc
  .tuple(address, fc.constantFrom(0, 8, 24, 29, 30, 31, 32, 64, 126, 128))
  .map(([text, bits]) => networkText(widen(parseNetwork(text)!, bits)));
const word = fc.constantFrom('a', 'A', 'b', 'a*', '?', '*', 'ab');
const list = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 });
const matchersOf = fc
  .record(
    {
      rule: list(word),
      severity: list(fc.constantFrom('low' as const, 'high' as const)),
      group: fc.dictionary(fc.constantFrom('ip', 'user', '*'), list(fc.oneof(word, address)), {
        minKeys: 1,
        maxKeys: 2,
      }),
      cidr: list(network),
      owner: list(word),
    },
    { requiredKeys: [] },
  )
  .filter((matchers) => Object.keys(matchers).length > 0);
const alerts: fc.Arbitrary<Matchable> = fc.record({
  rule: fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    name: fc.constantFrom('ab', 'b'),
    owner: fc.constantFrom('a', null),
  }),
  severity: fc.constantFrom('low', 'high'),
  group: fc.record(
    { ip: fc.oneof(address, network), user: fc.constantFrom('a', 'AB', '10.0.0.3') },
    { requiredKeys: [] },
  ),
});

test('many entries together give what each alone gives, in their order', () => {
  fc.assert(
    fc.property(fc.array(matchersOf, { maxLength: 30 }), alerts, (all, one) => {
      const entries = all.map((matchers, number) => ({ matchers, number }));
      const alone = entries.filter(({ matchers }) => matches(matchers, one));
      expect(compileEntries(entries).matching(one)).toEqual(alone);
    }),
    { numRuns: 1_000 },
  );
});

test('networks are compared as sets of addresses', () => {
  const all = ['10.0.0', '10.0.1'].flatMap((start) =>
    Array.from({ length: 8 }, (_, i) => parseNetwork(`${start}.${i}`)!),
  );
  fc.assert(
    fc.property(network, network, (a, b) => {
      const [left, right] = [parseNetwork(a)!, parseNetwork(b)!];
      expect(networkText(left)).toBe(a);
      const inLeft = all.filter((one) => contains(left, one));
      const inRight = all.filter((one) => contains(right, one));
      if (contains(left, right)) expect(inRight.every((one) => inLeft.includes(one))).toBe(true);
      expect(overlaps(left, right)).toBe(contains(left, right) || contains(right, left));
      if (inLeft.some((one) => inRight.includes(one))) expect(overlaps(left, right)).toBe(true);
    }),
  );
});

test('a range meets the entries that it overlaps with', () => {
  const entries = compileEntries([{ matchers: { cidr: ['192.0.2.7'] } }, { matchers: { cidr: ['198.51.100.0/24'] } }]);
  const ranged = { ...alert, group: { range: '192.0.2.0/24' } };
  expect(entries.matching(ranged)).toEqual([]);
  expect(entries.matching(ranged, parseNetwork('192.0.2.0/24'))).toEqual([{ matchers: { cidr: ['192.0.2.7'] } }]);
});
