import { type Bond, CHAIN_MAX, type Share } from './share.js';

/** Why a user doesn't see a share. */
export type Hidden = 'retracted' | 'blocked' | 'muted' | 'audience' | 'chain-too-long';

type Link = Pick<Share, 'author' | 'audience' | 'retracted'>;

/**
 * Why `user` may not see the share; null: they may. It is asked of the share and of each that it re-shares, to the
 * original: nobody widens by a re-share who may see something.
 */
export function hiddenBecause(
  share: Share,
  user: string,
  bondWith: (author: string) => Bond,
): { why: Hidden; author: string } | null {
  const links: readonly Link[] = [share, ...share.chain];
  if (share.chain.length > CHAIN_MAX) return { why: 'chain-too-long', author: share.author };
  for (const link of links) {
    const why = hides(link, user, bondWith(link.author));
    if (why) return { why, author: link.author };
  }
  return null;
}

function hides({ author, audience, retracted }: Link, user: string, bond: Bond): Hidden | null {
  if (retracted) return 'retracted';
  if (bond.blocked) return 'blocked';
  if (bond.muted) return 'muted';
  return audience === null || author === user || audience.some((name) => isIn(name, user, bond)) ? null : 'audience';
}

function isIn(name: string, user: string, { follows, followed }: Bond): boolean {
  if (name === 'public') return true;
  if (name === 'followers') return follows;
  if (name === 'mutual') return follows && followed;
  return name === user;
}
