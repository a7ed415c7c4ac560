import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseNetwork } from '#libs/silencing';
import { type AllowEntry, DecisionBook } from './book.js';
import { blockedNetwork, type Decision, manualSubject, numberOf, uuidOf } from './decision.js';
import { goDuration } from './go-duration.js';
import { beyondMany, forbidden } from './guard.js';
import { packHeld, pull, rememberedMs, unpackHeld } from './pull.js';
import { targetOf } from './target.js';

test.each([
  ['ip', { ip: '192.0.2.7' }, 'Ip', '192.0.2.7'],
  ['Ip', { user: 'root', 'c-ip': '::ffff:192.0.2.7' }, 'Ip', '192.0.2.7'],
  ['Ip', { host: '198.51.100.1', ip: '2001:DB8:0::7' }, 'Ip', '2001:db8::7'],
  ['Ip', { net: '192.0.2.0/24' }, 'Ip', ''],
  ['Ip', { user: 'root' }, 'Ip', ''],
  ['Range', { ip: '192.0.2.7' }, 'Range', '192.0.2.0/24'],
  ['Range', { ip: '2001:db8::7' }, 'Range', '2001:db8::/64'],
  ['range', { ip: '192.0.2.7', net: '198.51.0.0/16' }, 'Range', '198.51.0.0/16'],
  ['Country', { user: 'root', country: 'NZ' }, 'Country', 'NZ'],
  ['as', { asn: 64496 }, 'AS', '64496'],
  ['User', {}, 'User', ''],
  ['User', { User: 'x'.repeat(501) }, 'User', ''],
])('scope %s of %j is %s %s', (scope, group, name, value) => {
  expect(targetOf(scope, group)).toEqual({ scope: name, value });
});

test.each([
  ['Ip', '192.0.2.7', null],
  ['Ip', '10.1.2.3', 'own'],
  ['Ip', 'nobody', 'value'],
  ['Range', '192.0.2.0/24', null],
  ['Range', '10.0.0.0/8', 'wide'],
  ['Range', '9.0.0.0/15', 'wide'],
  ['Range', '10.1.0.0/16', 'own'],
  ['Range', '2001:db8::/31', 'wide'],
  ['Range', '2001:db8::/32', null],
  ['User', 'root', null],
  ['User', '', 'value'],
])('%s %s may not be blocked for: %s', (scope, value, reason) => {
  expect(forbidden({ scope, value }, { ownNetworks: [parseNetwork('10.0.0.0/8')!] })).toBe(reason);
});

const asking = fc.record({
  value: fc.constantFrom(...'abcdef'),
  startsAt: fc.nat(30),
  lasts: fc.integer({ min: 1, max: 15 }),
});

test('of what a rule asks for that goes beyond so many others at that time; what is known later refuses more, and frees nothing', () => {
  fc.assert(
    fc.property(fc.array(asking, { maxLength: 25 }), fc.nat(4), fc.nat(25), fc.nat(30), (all, max, one, since) => {
      const asked = all
        .map((each) => ({ ...each, until: each.startsAt + each.lasts }))
        .sort((a, b) => a.startsAt - b.startsAt);
      const expected = asked.filter(({ value, startsAt }, i) => {
        const others = asked.slice(0, i).filter((other) => other.until > startsAt && other.value !== value);
        return new Set(others.map((other) => other.value)).size >= max;
      });
      const beyond = beyondMany(new Map(), asked, max);
      expect(beyond).toEqual(expected);
      const without = asked.filter((_, i) => i !== one);
      expect(beyond).toEqual(expect.arrayContaining(beyondMany(new Map(), without, max)));
      // Of what began before, those that are asked for longest tell enough.
      const earlier = new Map<string, number>();
      for (const { value, startsAt, until } of asked)
        if (startsAt < since && until > since) earlier.set(value, Math.max(until, earlier.get(value) ?? 0));
      const longest = new Map([...earlier].sort((a, b) => b[1] - a[1]).slice(0, max + 1));
      const later = asked.filter(({ startsAt }) => startsAt >= since);
      expect(beyondMany(longest, later, max)).toEqual(expected.filter(({ startsAt }) => startsAt >= since));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [14_352_000, '3h59m12s'],
  [3_600_000, '1h0m0s'],
  [59_600, '1m0s'],
  [45_000, '45s'],
  [400, '0s'],
  [-400, '0s'],
  [-61_000, '-1m1s'],
])('%d ms are %s to Go', (ms, text) => expect(goDuration(ms)).toBe(text));

test('ids are the same for ever, and fit into what JSON can hold', () => {
  expect(uuidOf('a\n0')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidOf('a\n0')).toBe(uuidOf('a\n0'));
  const numbers = Array.from({ length: 10_000 }, (_, i) => numberOf(uuidOf(`a\n${i}`)));
  expect(new Set(numbers).size).toBe(10_000);
  expect(numbers.every((number) => Number.isSafeInteger(number) && number > 0)).toBe(true);
});

const values = ['192.0.2.1', '192.0.2.2', '192.0.2.0/24', '2001:db8::1', 'root'];

interface Given {
  value: string;
  type: 'ban' | 'captcha';
  from: number;
  lasts: number;
  longer: number;
  lifted: number | null;
  refused: boolean;
}

function decision(given: Given, number: number, now: number): Decision {
  const { value, type, from, lasts, longer, lifted, refused } = given;
  const uuid = uuidOf(String(number));
  const scope = value === 'root' ? 'User' : value.includes('/') ? 'Range' : 'Ip';
  // An episode that lives on prolongs it, before it ends.
  const until = from + lasts + (now >= from + lasts / 2 ? longer : 0);
  return {
    uuid,
    id: numberOf(uuid),
    type,
    scope,
    value,
    startsAt: from,
    until,
    durationMs: lasts,
    subject: manualSubject(scope, value),
    // What people decide is never prolonged.
    alertId: longer > 0 ? 'an alert' : null,
    guard: refused ? 'rate' : null,
    author: null,
    reason: null,
    liftedAt: lifted !== null && lifted <= now ? lifted : null,
    liftedBy: null,
  };
}

const SECOND = 1_000;
const HOUR = 3_600_000;
const times = (max: number, unit: number) => fc.integer({ min: 0, max }).map((count) => count * unit);
const given = (unit: number): fc.Arbitrary<Given> =>
  fc.record({
    value: fc.constantFrom(...values),
    type: fc.constantFrom('ban', 'captcha'),
    from: times(300, unit),
    lasts: fc.integer({ min: 1, max: 300 }).map((count) => count * unit),
    longer: fc.oneof(fc.constant(0), times(300, unit)),
    lifted: fc.option(times(600, unit), { freq: 4 }),
    refused: fc.boolean(),
  });
const entries = (unit: number) =>
  fc.array(
    fc.record({
      id: fc.uuid(),
      matchers: fc.constantFrom({ cidr: ['192.0.2.2'] }, { group: { user: ['ro*'] } }, { rule: ['none'] }),
      from: times(600, unit),
      until: fc.option(times(900, unit)),
    }),
    { maxLength: 3 },
  );
const pulls = fc.array(fc.record({ after: fc.integer({ min: 1, max: 90 }), restart: fc.integer({ min: 0, max: 9 }) }), {
  minLength: 1,
  maxLength: 30,
});

/** Written without any of the code above. */
function isBlocked(one: Decision, allowed: readonly AllowEntry[], at: number): boolean {
  const isAllowed = allowed.some(({ matchers, from, until }) => {
    const meets =
      'cidr' in matchers
        ? ['192.0.2.2', '192.0.2.0/24'].includes(one.value)
        : 'group' in matchers && one.value === 'root';
    return meets && at >= from && (until === null || at < until);
  });
  const isOver = one.until <= at || (one.liftedAt !== null && one.liftedAt <= at);
  return one.guard === null && one.startsAt <= at && !isOver && !isAllowed;
}

/** One that takes up what it is told and lets go of it in time; `prolongs`: whether what it has can be prolonged. */
class Bouncer {
  readonly has = new Map<string, number>();
  constructor(private readonly prolongs: boolean) {}

  told(fresh: readonly Decision[], gone: readonly Decision[], at: number): void {
    this.letGo(at);
    for (const one of gone) this.has.delete(key(one));
    for (const one of fresh) if (this.prolongs || !this.has.has(key(one))) this.has.set(key(one), one.until);
  }

  letGo(at: number): void {
    for (const [value, until] of this.has) if (until <= at) this.has.delete(value);
  }
}

const key = ({ type, value }: Decision) => `${type} ${value}`;

// Over seconds, and over weeks: then what a bouncer was told is forgotten now and then.
test.each([
  [true, SECOND],
  [false, SECOND],
  [true, 3 * HOUR],
  [false, 3 * HOUR],
])(
  'whatever happens, a bouncer has what is active after each pull (it can prolong: %s; a unit of time is %d ms)',
  (prolongs, unit) => {
    fc.assert(
      fc.property(fc.array(given(unit), { maxLength: 12 }), entries(unit), pulls, (all, allowed, asked) => {
        const bouncer = new Bouncer(prolongs);
        let held: Buffer | null = null;
        let at = 0;
        let known: readonly Decision[] = [];
        for (const [i, { after, restart }] of asked.entries()) {
          at += after * unit;
          if (after * unit >= rememberedMs) held = null;
          // One that can prolong never lets go between pulls, as long as they are not rarer than half of what it is told.
          bouncer.letGo(at - 1);
          const steady = known.filter(
            (one) => isBlocked(one, allowed, at - 1) && isBlocked(one, allowed, at - after * unit),
          );
          const isOften = known.every(({ durationMs }) => after * unit < durationMs / 2);
          if (prolongs && isOften) expect([...bouncer.has.keys()]).toEqual(expect.arrayContaining(steady.map(key)));
          const startup = i === 0 || restart === 0;
          if (startup) bouncer.has.clear();
          const decisions = all.map((one, number) => decision(one, number, at));
          const book = new DecisionBook();
          for (const one of decisions) book.put(one);
          book.allow(allowed);
          const told = pull(book, held && unpackHeld(held), { at, filter: {}, startup });
          held = packHeld(told.held);
          bouncer.told(told.fresh, told.gone, at);
          known = decisions;
          const expected = new Set(decisions.filter((one) => isBlocked(one, allowed, at)).map(key));
          expect([...bouncer.has.keys()].sort()).toEqual([...expected].sort());
          // No target is in both lists: bouncers differ in which they read first.
          const gone = new Set(told.gone.map(key));
          expect(told.fresh.filter((one) => gone.has(key(one)))).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  },
);

test('nothing is told twice while nothing happens', () => {
  const book = new DecisionBook();
  for (const [number, value] of values.entries())
    book.put(
      decision(
        { value, type: 'ban', from: 0, lasts: 100 * SECOND, longer: 0, lifted: null, refused: false },
        number,
        0,
      ),
    );
  const filter = { scopes: ['Ip', 'Range'] };
  const first = pull(book, new Float64Array(0), { at: SECOND, filter, startup: false });
  expect(first.fresh).toHaveLength(4);
  const second = pull(book, first.held, { at: 30 * SECOND, filter, startup: false });
  expect([second.fresh, second.gone]).toEqual([[], []]);
  expect(pull(book, second.held, { at: 30 * SECOND, filter, startup: true }).fresh).toHaveLength(4);
  expect(pull(book, second.held, { at: 100 * SECOND, filter, startup: false }).gone).toHaveLength(4);
});

test.each([
  [{}, 4],
  [{ scopes: ['Ip'] }, 3],
  [{ types: ['captcha'] }, 0],
  [{ origins: ['weir'] }, 0],
  [{ containing: ['anu', 'x'] }, 4],
  [{ notContaining: ['manual'] }, 0],
  [{ value: '192.0.2.1' }, 1],
  [{ network: parseNetwork('192.0.2.1') }, 2],
  [{ network: parseNetwork('192.0.2.0/25') }, 1],
  [{ network: parseNetwork('192.0.0.0/16'), inside: true }, 3],
])('%j finds %d', (filter, count) => {
  const book = new DecisionBook();
  for (const [number, value] of values.slice(0, 4).entries())
    book.put(decision({ value, type: 'ban', from: 0, lasts: 9, longer: 0, lifted: null, refused: false }, number, 0));
  expect([...book.active(1, filter)]).toHaveLength(count);
  expect(blockedNetwork({ scope: 'User', value: '192.0.2.1' })).toBeUndefined();
});
