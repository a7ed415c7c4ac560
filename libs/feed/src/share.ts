import type { Share as SharedData } from '#libs/events';
import type { Place } from './place.js';

/** A share as feeds know it. */
export interface Share extends Place {
  author: string;
  source: string;
  id: string;
  objectKey: string;
  object: SharedData['object'];
  text: string | null;
  audience: readonly string[] | null;
  retracted: boolean;
  /** What it re-shares, and what that re-shares, to the original; what is not known (yet) is not there. */
  chain: readonly Pick<Share, 'author' | 'source' | 'id' | 'audience' | 'retracted'>[];
}

/** So many re-shares deep a chain is followed. One that goes on is shown to nobody: who made the original isn't known. */
export const CHAIN_MAX = 50;

/** What stands between a user and somebody who shared. */
export interface Bond {
  /** The user follows them. */
  follows: boolean;
  /** They follow the user. */
  followed: boolean;
  /** The user muted them. */
  muted: boolean;
  /** Either blocks the other. */
  blocked: boolean;
}

/** The event that `via` of a share names: an id of the same source, or a source and an id with a blank between (no source has one). */
export function viaOf(via: string, source: string): { source: string; id: string } {
  const blank = via.indexOf(' ');
  return blank < 0 ? { source, id: via } : { source: via.slice(0, blank), id: via.slice(blank + 1) };
}
