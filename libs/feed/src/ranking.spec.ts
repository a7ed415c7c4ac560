import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packKeys, shortened, unpackKeys } from './cursor.js';
import { type Interaction, interestsOf } from './interest.js';
import { byNewest, keyOf, type Place, shortKeyOf } from './place.js';
import { type Interest, type RankingFacts, rank } from './ranking.js';
import type { Share } from './share.js';
import type { Item, ItemFeedback } from './timeline.js';

const hour = 3_600_000;
const now = 1_000 * hour;
const silent: ItemFeedback = { seen: false, hidden: false, less: null };

function item(key: string, authors: readonly string[], hoursOld = 0, feedback: Partial<ItemFeedback> = {}): Item {
  const at = now - hoursOld * hour;
  const shares = authors.map(
    (author, i): Share => ({
      author,
      source: '/s',
      id: `${key}-${author}`,
      at: at - i,
      tie: '0',
      objectKey: key,
      object: { id: key },
      text: null,
      audience: null,
      retracted: false,
      chain: [],
    }),
  );
  return { key, place: { at, tie: '0' }, shares, visible: shares, feedback: { ...silent, ...feedback } };
}

const facts = (over: Partial<RankingFacts> = {}): RankingFacts => ({
  now,
  halfLifeMs: 24 * hour,
  interests: new Map(),
  suspicions: new Map(),
  ...over,
});
const order = (items: readonly Item[], given: RankingFacts) => rank(items, given).map(({ item: { key } }) => key);
const interest = (liked: number, disliked = 0): Interest => ({ liked, disliked });

describe('ranks', () => {
  test('the newer first where nothing else is known; a day makes half', () => {
    const items = [item('1', ['a'], 24), item('2', ['b'], 0)];
    const [first, second] = rank(items, facts());
    expect([first.item.key, first.score, second.score]).toEqual(['2', 1, 0.5]);
  });

  test('what is years old by time, and what is of tomorrow as of now', () => {
    const items = [item('1', ['a'], 24 * 4_000), item('2', ['b'], 24 * 5_000), item('3', ['c'], -24)];
    const ranked = rank(items, facts());
    expect(ranked.map(({ item: { key } }) => key)).toEqual(['3', '1', '2']);
    expect(ranked[0].factors.recency).toBe(1);
    expect(ranked[2].score).toBeGreaterThan(0);
  });

  test('by whose shares were liked; an item that two shared by the one who weighs more', () => {
    const interests = new Map([['b', interest(3)]]);
    const [first] = rank([item('1', ['a'], 0), item('2', ['a', 'b'], 1)], facts({ interests }));
    expect([first.item.key, first.sharer, first.factors.affinity]).toEqual(['2', 'b', 3]);
  });

  test('whose shares were hidden lower, and who floods feeds lowest', () => {
    const interests = new Map([['a', interest(0, 1)]]);
    const suspicions = new Map([['b', [{ rule: 'share-burst', alert: 'x' }]]]);
    const items = [item('1', ['a']), item('2', ['b']), item('3', ['c'], 12)];
    expect(order(items, facts({ interests, suspicions }))).toEqual(['3', '1', '2']);
  });

  test('each further item of one sharer lower, so that others come between', () => {
    const items = [item('1', ['a'], 0), item('2', ['a'], 1), item('3', ['a'], 2), item('4', ['b'], 8)];
    expect(order(items, facts())).toEqual(['1', '4', '2', '3']);
  });

  test('what was seen, or is less wanted, lower; what is more wanted higher', () => {
    const items = [
      item('1', ['a'], 0, { seen: true }),
      item('2', ['b'], 0, { less: true }),
      item('3', ['c'], 0),
      item('4', ['d'], 0, { less: false }),
    ];
    expect(order(items, facts())).toEqual(['4', '3', '2', '1']);
  });
});

describe('interests', () => {
  const kinds = ['reshare', 'open', 'more', 'hide', 'less'] as const;
  const interactions = fc.array(
    fc.record({ sharer: fc.constantFrom('a', 'b'), kind: fc.constantFrom(...kinds), at: fc.nat(now) }),
  );

  test('fade, each kind with its weight', () => {
    const at = (days: number) => now - days * 24 * hour;
    const did: Interaction[] = [
      { sharer: 'a', kind: 'reshare', at: at(0) },
      { sharer: 'a', kind: 'open', at: at(30) },
      { sharer: 'a', kind: 'less', at: at(60) },
      { sharer: 'b', kind: 'hide', at: at(-1) },
    ];
    expect(Object.fromEntries(interestsOf(did, now))).toEqual({ a: interest(3.5, 0.5), b: interest(0, 1) });
  });

  test('are the same in whatever order they are told', () => {
    fc.assert(
      fc.property(interactions, (did) => {
        const [one, other] = [interestsOf(did, now), interestsOf(did.toReversed(), now)];
        for (const [sharer, { liked, disliked }] of one) {
          expect(other.get(sharer)!.liked).toBeCloseTo(liked, 9);
          expect(other.get(sharer)!.disliked).toBeCloseTo(disliked, 9);
        }
      }),
    );
  });
});

describe('places and keys', () => {
  const place: fc.Arbitrary<Place> = fc.record({
    at: fc.nat(2),
    tie: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  });

  test('are ordered as PostgreSQL orders (at, tie), the newest first', () => {
    fc.assert(
      fc.property(fc.array(place), (places) => {
        const rows = places.map(({ at, tie }): [number, bigint] => [at, BigInt(tie)]);
        rows.sort(([at, tie], [otherAt, otherTie]) => otherAt - at || (otherTie > tie ? 1 : otherTie < tie ? -1 : 0));
        const sorted = places.toSorted(byNewest).map(({ at, tie }) => [at, BigInt(tie)]);
        expect(sorted).toEqual(rows);
      }),
    );
  });

  test('follow from texts, and from where one ends and the next begins', () => {
    expect(keyOf('a', 'b')).toBe(keyOf('a', 'b'));
    expect(new Set([keyOf('a', 'b'), keyOf('ab'), keyOf('ab', ''), keyOf('b', 'a')]).size).toBe(4);
    expect(BigInt(keyOf('a')) >> 32n).toBe(BigInt(shortKeyOf('a')));
  });

  test('survive a cursor', () => {
    const keys = fc.uniqueArray(fc.string().map((text) => shortened(keyOf(text))));
    fc.assert(
      fc.property(keys, (all) => {
        expect([...unpackKeys(packKeys(new Set(all)))]).toEqual(all);
      }),
    );
  });
});
