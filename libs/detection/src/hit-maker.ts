import type { FieldValue } from '#libs/sigma';
import { hashGroup, textsOf } from './group-hash.js';
import { Hash } from './hash.js';
import type { HitSpread, LinkHit } from './hit-spread.js';
import type { LineView } from './line-view.js';
import type { Target } from './plan.js';
import type { TargetLink } from './plan-chain.js';

/** Makes hits of an event that a rule looks for: one for every group that it belongs to and every value that it brings. */
export class HitMaker {
  private readonly hash = new Hash();

  constructor(
    private readonly view: LineView,
    private readonly hits: HitSpread,
  ) {}

  /** The event that the view shows now meets the target's detection. */
  hit(target: Target, time: number, recordedAt: number, origin: number): void {
    const { hash, view } = this;
    const { brings } = target;
    if (brings.kind === 'nothing') this.hitGroups(target, time, recordedAt, origin, 0);
    else if (brings.kind === 'input') this.hitGroups(target, time, recordedAt, origin, brings.input);
    else if (brings.kind === 'number') {
      for (const [i, number] of numbersOf(view.value(brings.slot)).entries()) {
        this.hitGroups(target, time, recordedAt, origin, number, i);
      }
    } else {
      hash.reset(0);
      for (let s = 0; s < brings.slots.length; s++) {
        if (!view.mixHash(brings.slots[s], hash)) {
          this.hitEachValue(target, brings.slots, time, recordedAt, origin);
          return;
        }
      }
      this.hitGroups(target, time, recordedAt, origin, hash.finish().number53);
    }
  }

  /** A field whose values matter is a list (or has no value): every element counts, of several fields every combination. */
  private hitEachValue(
    target: Target,
    slots: readonly number[],
    time: number,
    recordedAt: number,
    origin: number,
  ): void {
    this.eachCombination(slots, 0, [], (texts) => {
      hashGroup(this.hash, 0, texts);
      this.hitGroups(target, time, recordedAt, origin, this.hash.number53);
    });
  }

  private hitGroups(target: Target, time: number, recordedAt: number, origin: number, value: number, nth = 0): void {
    const { rule, groupSlots, links } = target;
    const { hash, view } = this;
    hash.reset(rule.seed);
    for (let s = 0; s < groupSlots.length; s++) {
      if (!view.mixHash(groupSlots[s], hash)) {
        // A group field is a list (or has no value): the event belongs to the group of every element.
        this.eachCombination(groupSlots, 0, [], (texts) => {
          const { lo, hi } = hashGroup(hash, rule.seed, texts);
          const linked = links.length === 0 ? none : links.map((link) => linkOfTexts(hash, link, texts));
          this.hits.push(rule, lo, hi, time, recordedAt, origin, value, nth, linked);
        });
        return;
      }
    }
    const { lo, hi } = hash.finish();
    const linked = links.length === 0 ? none : links.map((link) => this.linkOf(link));
    this.hits.push(rule, lo, hi, time, recordedAt, origin, value, nth, linked);
  }

  /** Of a group whose fields are no lists. */
  private linkOf({ link, groupSlots, value, valueSlots }: TargetLink): LinkHit {
    const { lo, hi } = this.mixed(link.rule.seed, groupSlots);
    return { link, lo, hi, value: valueSlots === null ? value : this.mixed(0, valueSlots).number53 };
  }

  private mixed(seed: number, slots: readonly number[]): Hash {
    const { hash, view } = this;
    hash.reset(seed);
    for (const slot of slots) view.mixHash(slot, hash);
    return hash.finish();
  }

  private eachCombination(
    slots: readonly number[],
    at: number,
    texts: readonly string[],
    take: (texts: readonly string[]) => void,
  ): void {
    if (at === slots.length) take(texts);
    else for (const text of textsOf(this.view, slots[at])) this.eachCombination(slots, at + 1, [...texts, text], take);
  }
}

const none: readonly LinkHit[] = [];

function linkOfTexts(hash: Hash, { link, groupAt, value, valueAt }: TargetLink, texts: readonly string[]): LinkHit {
  const { lo, hi } = hashGroup(
    hash,
    link.rule.seed,
    groupAt.map((at) => texts[at]),
  );
  if (valueAt === null) return { link, lo, hi, value };
  hashGroup(
    hash,
    0,
    valueAt.map((at) => texts[at]),
  );
  return { link, lo, hi, value: hash.number53 };
}

/** Far from where sums would overflow. */
const magnitudeMax = 1e300;

/** The numbers in a field: its own, or its elements'. Text that is a number is one. */
function numbersOf(value: FieldValue): number[] {
  if (Array.isArray(value)) return value.flatMap(numbersOf);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Math.abs(number) <= magnitudeMax ? [number] : [];
}
