/** Of a list over all contests, what one contest may fill, and what one actor may. */
const CONTEST_SHARE = 0.2;
const ACTOR_SHARE = 0.1;

interface Listed {
  contest: string;
  actor: string | null;
}

export interface HeldBack {
  because: 'contest' | 'actor';
  /** Whose share was full. */
  of: string;
  entries: number;
}

export interface FairList<T> {
  listed: T[];
  /** Entries that are better than the last one listed, by whose share was full. */
  heldBack: HeldBack[];
  contestMax: number;
  actorMax: number;
}

/** The first `limit` of a list, the best first, without those whose contest or actor has its share already; each may have one. */
export function fairShares<T extends Listed>(ranked: readonly T[], limit: number): FairList<T> {
  const contestMax = Math.max(1, Math.floor(limit * CONTEST_SHARE));
  const actorMax = Math.max(1, Math.floor(limit * ACTOR_SHARE));
  const [byContest, byActor] = [new Map<string, number>(), new Map<string, number>()];
  const held = new Map<string, HeldBack>();
  const hold = (because: HeldBack['because'], of: string) => {
    const known = held.get(`${because} ${of}`) ?? { because, of, entries: 0 };
    held.set(`${because} ${of}`, { ...known, entries: known.entries + 1 });
  };
  const listed: T[] = [];
  for (const one of ranked) {
    if (listed.length === limit) break;
    const { contest, actor } = one;
    const [ofContest, ofActor] = [byContest.get(contest) ?? 0, actor === null ? 0 : (byActor.get(actor) ?? 0)];
    if (ofContest === contestMax) hold('contest', contest);
    else if (actor !== null && ofActor === actorMax) hold('actor', actor);
    else {
      listed.push(one);
      byContest.set(contest, ofContest + 1);
      if (actor !== null) byActor.set(actor, ofActor + 1);
    }
  }
  return { listed, heldBack: [...held.values()], contestMax, actorMax };
}
