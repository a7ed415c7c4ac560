import { describe, expect, test } from 'vitest';
import type { Bond, Share } from './share.js';
import { CHAIN_MAX, viaOf } from './share.js';
import { hiddenBecause } from './visibility.js';

const strangers: Bond = { follows: false, followed: false, muted: false, blocked: false };
const share = (over: Partial<Share> = {}): Share => ({
  author: 'bob',
  source: '/s',
  id: '1',
  at: 0,
  tie: '0',
  objectKey: '0',
  object: { id: 'o' },
  text: null,
  audience: null,
  retracted: false,
  chain: [],
  ...over,
});
const link = (author: string, over: Partial<Share> = {}) => share({ author, ...over });
const why = (one: Share, bonds: Record<string, Partial<Bond>> = {}) =>
  hiddenBecause(one, 'ann', (author) => ({ ...strangers, ...bonds[author] }));

describe('a share is hidden', () => {
  test.each<[string, Share, Record<string, Partial<Bond>>, ReturnType<typeof why>]>([
    ['from nobody by itself', share(), {}, null],
    ['when it was taken back', share({ retracted: true }), {}, { why: 'retracted', author: 'bob' }],
    ['where either blocks the other', share(), { bob: { blocked: true } }, { why: 'blocked', author: 'bob' }],
    ['from who muted its author', share(), { bob: { muted: true } }, { why: 'muted', author: 'bob' }],
    [
      'where that holds of what it passes on',
      share({ chain: [link('carl'), link('dora')] }),
      { dora: { muted: true } },
      { why: 'muted', author: 'dora' },
    ],
    [
      'where what it passes on was for others',
      share({ chain: [link('carl', { audience: ['eve'] })] }),
      {},
      { why: 'audience', author: 'carl' },
    ],
    [
      'where its chain has no end',
      share({ chain: Array.from({ length: CHAIN_MAX + 1 }, () => link('x')) }),
      {},
      { why: 'chain-too-long', author: 'bob' },
    ],
  ])('%s', (_, one, bonds, expected) => {
    expect(why(one, bonds)).toEqual(expected);
  });

  test.each<[string[], Partial<Bond>, boolean]>([
    [['public'], {}, true],
    [['followers'], {}, false],
    [['followers'], { follows: true }, true],
    [['mutual'], { follows: true }, false],
    [['mutual'], { follows: true, followed: true }, true],
    [['ann', 'eve'], {}, true],
    [['eve'], { follows: true, followed: true }, false],
    [[], { follows: true, followed: true }, false],
  ])('from whom the audience %j leaves out: %j', (audience, bob, isSeen) => {
    expect(why(share({ audience }), { bob })).toEqual(isSeen ? null : { why: 'audience', author: 'bob' });
  });

  test('from its own author only where they took it back, or mute themselves', () => {
    expect(why(share({ author: 'ann', audience: [] }))).toBe(null);
    expect(why(share({ author: 'ann', retracted: true }))).toEqual({ why: 'retracted', author: 'ann' });
  });
});

test.each([
  ['17', { source: '/s', id: '17' }],
  ['/other 17', { source: '/other', id: '17' }],
  ['/other a b', { source: '/other', id: 'a b' }],
])('via %s is read as %j', (via, ref) => {
  expect(viaOf(via, '/s')).toEqual(ref);
});
