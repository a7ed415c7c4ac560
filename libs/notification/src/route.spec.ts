import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alertOf, targetOf } from '../testing/alerts.js';
import { fits, takes } from './route.js';
import { noticed, type Route } from './target.js';

const takesIt = (routes: Route[], changes: Parameters<typeof alertOf>[0] = {}) =>
  takes(targetOf('t', { routes }), noticed(alertOf(changes)));

test.each<[string, Route, boolean]>([
  ['nothing asked', {}, true],
  ['the severity itself', { minSeverity: 'high' }, true],
  ['a lower one', { minSeverity: 'low' }, true],
  ['a higher one', { minSeverity: 'critical' }, false],
  ['a rule by its name', { rules: ['web-*', 'ssh-*'] }, true],
  ['a rule by its id', { rules: ['r1'] }, true],
  ['other rules', { rules: ['web-*'] }, false],
  ['no rules', { rules: [] }, false],
  ['its owner', { owners: ['op*'] }, true],
  ['another owner', { owners: ['sec'] }, false],
  ['its group', { group: { ip: '192.0.2.*' } }, true],
  ['another group', { group: { ip: '198.51.100.*' } }, false],
  ['a field that it has not', { group: { user: '*' } }, false],
  ['a field that every object has', { group: { toString: '*' } }, false],
  ['all but one', { minSeverity: 'low', rules: ['ssh-*'], owners: ['sec'] }, false],
])('a route with %s', (_, route, expected) => {
  expect(takesIt([route])).toBe(expected);
  expect(takesIt([{ minSeverity: 'critical' }, route])).toBe(expected);
});

test('a target that is off takes nothing, one without routes everything', () => {
  const alert = noticed(alertOf());
  expect(takes(targetOf('t'), alert)).toBe(true);
  expect(takes(targetOf('t', { routes: [] }), alert)).toBe(true);
  expect(takes(targetOf('t', { enabled: false }), alert)).toBe(false);
});

test('that nothing can be delivered to a target is told to others', () => {
  const dead = noticed(
    alertOf({ rule: { id: 'weir-delivery-dead', name: 'x', title: 'x', version: 1 }, group: { target: 't' } }),
  );
  expect(takes(targetOf('t'), dead)).toBe(false);
  expect(takes(targetOf('other'), dead)).toBe(true);
});

test('alerts of Alertmanager’s senders do not go to Alertmanager', () => {
  const received = noticed(alertOf({ rule: { id: 'prometheus:Lamp', name: 'Lamp', title: 'x', version: 1 } }));
  expect(takes(targetOf('t', { kind: 'alertmanager' }), received)).toBe(false);
  expect(takes(targetOf('t'), received)).toBe(true);
});

test('stars stand for any text, as in a regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '(', '*'), maxLength: 8 });
  fc.assert(
    fc.property(text, text, (glob, value) => {
      const pattern = glob
        .split('*')
        .map((piece) => piece.replaceAll(/[.()]/g, '\\$&'))
        .join('[^]*');
      expect(fits(glob, value)).toBe(new RegExp(`^${pattern}$`).test(value));
    }),
    { numRuns: 2_000 },
  );
});
