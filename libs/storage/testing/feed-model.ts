import { type Interaction, keyOf } from '#libs/feed';
import type { FeedEvent } from '../src/feeds/apply-feeds.js';

export type Audience = string | string[] | undefined;
type Of<T extends FeedEvent['type']> = Extract<FeedEvent, { type: T }>;

/** What feeds are, by brute force over all events: slow, and meant to be read. */
export class FeedModel {
  constructor(private readonly events: readonly FeedEvent[]) {}

  /** Each object that the user sees, at its newest visible share, with the ids of all visible ones; newest first. */
  feed(user: string): { object: string; at: number; shares: string[] }[] {
    const visible = this.of('share')
      .filter(({ data: { actor } }) => this.holds(user, 'follow', actor))
      .filter((share) => this.sees(user, share))
      .filter(({ data: { object } }) => !this.isHidden(user, object.id))
      .sort((a, b) => b.at - a.at || (tieOf(b) > tieOf(a) ? 1 : -1));
    const objects = Map.groupBy(visible, ({ data: { object } }) => object.id);
    return [...objects].map(([object, shares]) => ({ object, at: shares[0].at, shares: shares.map(({ id }) => id) }));
  }

  /** What the user last said of others' shares, and which they passed on. */
  interactions(user: string): Interaction[] {
    const slots = [['open'], ['hide', 'show'], ['less', 'more']];
    const said = this.of('feedback').filter(({ data }) => data.actor === user);
    const feedback = slots.flatMap((kinds) => {
      const byItem = Map.groupBy(
        said.filter(({ data }) => kinds.includes(data.kind)).sort(later),
        ({ data }) => data.item,
      );
      return [...byItem.values()].flatMap((all) => {
        const { at, data } = all.at(-1)!;
        if (data.sharer === undefined || data.kind === 'show') return [];
        return [{ sharer: data.sharer, kind: data.kind as Interaction['kind'], at }];
      });
    });
    const reshares = this.of('share').flatMap(({ at, id, data: { actor, via } }) => {
      const sharer = this.of('share').find((share) => share.id === via)?.data.actor;
      if (actor !== user || sharer === undefined || sharer === user || this.isRetracted(user, id)) return [];
      return [{ sharer, kind: 'reshare' as const, at }];
    });
    return [...feedback, ...reshares];
  }

  private isRetracted(actor: string, id: string): boolean {
    return this.of('retract').some(({ data }) => data.actor === actor && data.ref.id === id);
  }

  private of<T extends FeedEvent['type']>(type: T): Of<T>[] {
    return this.events.filter((event): event is Of<T> => event.type === type);
  }

  private holds(actor: string, kind: string, target: string): boolean {
    const said = this.of('relation').filter(
      ({ data }) => data.actor === actor && data.kind === kind && data.target === target,
    );
    return said.sort(later).at(-1)?.data.state === 'on';
  }

  private isHidden(user: string, item: string): boolean {
    const said = this.of('feedback').filter(
      ({ data }) => data.actor === user && data.item === item && ['hide', 'show'].includes(data.kind),
    );
    return said.sort(later).at(-1)?.data.kind === 'hide';
  }

  /** Also what it re-shares, to the original. In a circle there is none: nobody sees it. */
  private sees(user: string, share: Of<'share'>): boolean {
    const met = new Set<string>();
    for (
      let link: Of<'share'> | undefined = share;
      link;
      link = this.of('share').find(({ id }) => id === link!.data.via)
    ) {
      if (met.has(link.id) || !this.seesOne(user, link)) return false;
      met.add(link.id);
    }
    return true;
  }

  private seesOne(user: string, { id, data: { actor, audience } }: Of<'share'>): boolean {
    const isBlocked = this.holds(user, 'block', actor) || this.holds(actor, 'block', user);
    if (this.isRetracted(actor, id) || isBlocked || this.holds(user, 'mute', actor)) return false;
    const follows = this.holds(user, 'follow', actor);
    const names = audience === undefined ? ['public'] : [audience].flat();
    return (
      actor === user ||
      names.some(
        (name) =>
          name === 'public' ||
          name === user ||
          (name === 'followers' && follows) ||
          (name === 'mutual' && follows && this.holds(actor, 'follow', user)),
      )
    );
  }
}

const tieOf = ({ source, id, data }: Of<'share'>): bigint => BigInt(keyOf(source, id, data.actor));

/** Of two at one moment: by what follows from their identity. */
const later = (a: FeedEvent, b: FeedEvent): number => a.at - b.at || shortTieOf(a) - shortTieOf(b);
const shortTieOf = ({ source, id }: FeedEvent): number => Number(BigInt.asIntN(32, BigInt(keyOf(source, id)) >> 32n));
