import type { FieldValue } from '#libs/sigma';
import { countCombinations, firstCombinations } from './combinations.js';
import { groupsOf, hitsPerEventMax } from './event-groups.js';
import { type HashedText, hashTexts, textsOf } from './group-hash.js';
import { Hash } from './hash.js';
import type { HitSpread, LinkHit } from './hit-spread.js';
import type { LineView } from './line-view.js';
import type { Target } from './plan.js';
import type { TargetLink } from './plan-chain.js';

/** As many of something as an event can have hits, from the first on; and how many there are in all. */
interface First<T> {
  first: readonly T[];
  count: number;
}

interface Group {
  lo: number;
  hi: number;
  links: readonly LinkHit[];
}

/** Makes hits of an event that a rule looks for: one for every group that it belongs to and every value that it brings. */
export class HitMaker {
  private readonly hash = new Hash();

  constructor(
    private readonly view: LineView,
    private readonly hits: HitSpread,
    private readonly sourceSlot: number,
  ) {}

  /** The event that the view shows now meets the target's detection. */
  hit(target: Target, time: number, recordedAt: number, origin: number): void {
    const { brings } = target;
    if (brings.kind === 'nothing') this.hitWith(target, time, recordedAt, origin, 0);
    else if (brings.kind === 'input') this.hitWith(target, time, recordedAt, origin, brings.input);
    else if (brings.kind === 'number') {
      const numbers = numbersOf(this.view.value(brings.slot));
      if (numbers.length === 1) this.hitWith(target, time, recordedAt, origin, numbers[0]);
      else this.hitEach(target, time, recordedAt, origin, { first: numbers, count: numbers.length });
    } else if (this.mixAll(0, brings.slots)) {
      this.hitWith(target, time, recordedAt, origin, this.hash.finish().number53);
    } else this.hitEach(target, time, recordedAt, origin, this.valuesOf(brings.slots));
  }

  /** It brings one value. */
  private hitWith(target: Target, time: number, recordedAt: number, origin: number, value: number): void {
    const { rule, groupSlots, links } = target;
    if (!this.mixAll(rule.seed, groupSlots)) {
      this.hitEach(target, time, recordedAt, origin, { first: [value], count: 1 });
      return;
    }
    const { lo, hi } = this.hash.finish();
    const linked = links.length === 0 ? none : links.map((link) => this.linkOf(link));
    this.hits.push(rule, lo, hi, time, recordedAt, origin, value, 0, linked);
  }

  /**
   * Fields are lists (or have no value): every value counts in every group, in turn. Of two long lists these are more
   * than anybody could go through: those beyond the limit are counted without being made.
   */
  private hitEach(target: Target, time: number, recordedAt: number, origin: number, values: First<number>): void {
    const { rule, groupSlots, brings } = target;
    // Another of the rule's detections may have found the very same hits.
    if (rule.isShared && this.hits.isRepeated(rule, origin, JSON.stringify([groupSlots, brings]))) return;
    const groups = this.groupsOf(target);
    const found = values.count * groups.count;
    const made = Math.min(found, hitsPerEventMax);
    for (let n = 0; n < made; n++) {
      const { lo, hi, links } = groups.first[n % groups.count];
      const nth = Math.floor(n / groups.count);
      const value = values.first[nth];
      this.hits.push(rule, lo, hi, time, recordedAt, origin, value, brings.kind === 'number' ? nth : 0, links);
    }
    if (found > made) this.hits.leaveOut(rule, found - made);
  }

  private groupsOf(target: Target): First<Group> {
    const { hash } = this;
    const { seed, count, first } = groupsOf(this.view, target, this.sourceSlot, hash);
    const groups = first.map((texts): Group => {
      const { lo, hi } = hashTexts(hash, seed, texts);
      const { links } = target;
      return { lo, hi, links: links.length === 0 ? none : links.map((link) => linkOfTexts(hash, link, texts)) };
    });
    return { first: groups, count };
  }

  /** What tells values apart; of several fields, every combination. */
  private valuesOf(slots: readonly number[]): First<number> {
    const { hash } = this;
    const lists = slots.map((slot) => textsOf(this.view, slot, hash));
    const first = firstCombinations(lists, hitsPerEventMax).map((texts) => hashTexts(hash, 0, texts).number53);
    return { first, count: countCombinations(lists) };
  }

  /** Of a group whose fields are no lists. */
  private linkOf({ link, groupSlots, value, valueSlots }: TargetLink): LinkHit {
    const { lo, hi } = this.mixed(link.rule.seed, groupSlots);
    return { link, lo, hi, value: valueSlots === null ? value : this.mixed(0, valueSlots).number53 };
  }

  private mixed(seed: number, slots: readonly number[]): Hash {
    this.mixAll(seed, slots);
    return this.hash.finish();
  }

  /** Begins a hash of all these fields; false: one is a list, or has no value. */
  private mixAll(seed: number, slots: readonly number[]): boolean {
    const { hash, view } = this;
    hash.reset(seed);
    for (let s = 0; s < slots.length; s++) if (!view.mixHash(slots[s], hash)) return false;
    return true;
  }
}

const none: readonly LinkHit[] = [];

function linkOfTexts(hash: Hash, { link, groupAt, value, valueAt }: TargetLink, texts: readonly HashedText[]): LinkHit {
  const textsAt = (places: readonly number[]) => places.map((at) => texts[at]);
  const { lo, hi } = hashTexts(hash, link.rule.seed, textsAt(groupAt));
  return { link, lo, hi, value: valueAt === null ? value : hashTexts(hash, 0, textsAt(valueAt)).number53 };
}

/** Far from where sums would overflow. */
const magnitudeMax = 1e300;

/** The numbers in a field: its own, or its elements'. Text that is a number is one. */
function numbersOf(value: FieldValue): number[] {
  if (Array.isArray(value)) return value.flatMap(numbersOf);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Math.abs(number) <= magnitudeMax ? [number] : [];
}
