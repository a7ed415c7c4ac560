import {
  type Entry,
  type EpisodeView,
  type EvidenceRef,
  type FireSlice,
  type Lasts,
  lasts,
  orderedValue,
  type Parent,
  passGroup,
  reprove,
  reviseEntries,
  touchGroup,
  type WindowStore,
} from '#libs/windows';
import { Hash } from './hash.js';
import { HitBuffer } from './hit-buffer.js';
import type { RuleHits } from './match-batch.js';
import type { PlannedRule } from './plan.js';
import type { PlannedChain } from './plan-chain.js';

/** What happens to a group before it is looked at again. */
interface Revision {
  lo: number;
  hi: number;
  gone: Entry[];
  come: Entry[];
}

/** One rule of a chain, and what waits to be put into its windows. */
interface Level {
  rule: PlannedRule;
  store: WindowStore;
  /** The rule that counts its episodes. */
  above: Level | null;
  /** Of a rule that counts events only: hits, and at the same places the groups that theirs are part of. */
  incoming: { hits: HitBuffer; parents: HitBuffer } | null;
  /** Of a rule that counts episodes, by group. */
  revisions: Map<string, Revision>;
}

/** The hits of one rule in one record, and of its links, which stand side by side. */
interface LevelHits {
  level: Level;
  hits: RuleHits;
  links: readonly RuleHits[];
}

/**
 * The windows of one chain in one partition. An episode of an inner rule is one entry of a rule that counts it, at the
 * time at which it opened; to a rule that asks whether it happens it is two in every slice of time, see `FireSlice`. When
 * an event moves, joins or withdraws any their entries are taken back. Hits are
 * put in as they were recorded, in stretches: so long that much is looked at at once, and so short that no group's time
 * moves on past what still has to be put in.
 */
export class ChainWindows {
  /** Inner rules first. */
  private readonly levels: readonly Level[];
  private readonly root: Level;
  /** By group of the root: the oldest hit of this stretch. */
  private readonly oldest = new Map<string, number>();
  private readonly hash = new Hash();
  private readonly isSlow: boolean;
  /** Of mark time, for silence. */
  private second = -1;

  constructor(
    private readonly chain: PlannedChain,
    storeOf: (rule: PlannedRule) => WindowStore,
  ) {
    const levels = new Map<PlannedRule, Level>();
    for (const rule of chain.rules.toReversed()) {
      const store = storeOf(rule);
      const parent = rule.place!.parent;
      const above = parent === null ? null : levels.get(parent)!;
      const incoming = store.isRevisable ? null : { hits: new HitBuffer(rule.hash), parents: new HitBuffer(rule.hash) };
      levels.set(rule, { rule, store, above, incoming, revisions: new Map() });
    }
    this.levels = [...levels.values()].reverse();
    this.root = levels.get(chain.root)!;
    this.isSlow = this.levels.some(({ store }) => store.absence !== null);
  }

  /** All hits of the chain's rules and links that came in one step; returns how many are of rules. */
  add(hits: readonly RuleHits[]): number {
    const ordered = inOrder(this.byLevel(hits));
    for (const { of, i } of ordered) this.take(of, i);
    this.flush();
    for (const { store } of this.levels) store.settle();
    return ordered.length;
  }

  /** Lets time pass, as `WindowStore.advance` does. */
  advance(markMs: number, readUntilMs: number): void {
    for (const level of this.levels) this.look(level, (store) => store.advance(markMs, readUntilMs));
  }

  private byLevel(hits: readonly RuleHits[]): LevelHits[] {
    const byHash = Map.groupBy(hits, ({ rule }) => rule);
    return this.levels.flatMap((level) => {
      const links = level.rule.place!.links.map(({ hash }) => byHash.get(hash) ?? []);
      return (byHash.get(level.rule.hash) ?? []).map((of, i) => ({ level, hits: of, links: links.map((l) => l[i]) }));
    });
  }

  /** The next hit: lateness is judged within the group of the root; time moves on in all that its group is part of. */
  private take({ level, hits, links }: LevelHits, i: number): void {
    const time = hits.times[i];
    const recordedAt = hits.recordedAt[i];
    const group: Parent = { lo: hits.groupLo[i], hi: hits.groupHi[i], value: hits.values[i] };
    const above = links.map(({ groupLo, groupHi, values }) => ({ lo: groupLo[i], hi: groupHi[i], value: values[i] }));
    const outermost = above.at(-1) ?? group;
    this.passTime(Math.min(time, recordedAt));
    const key = keyOf(outermost);
    if (time > (this.oldest.get(key) ?? time) + this.chain.reachMs) this.flush();
    const at = { time, recordedAt };
    if (touchGroup(this.root.store, { ...outermost, ...at, parent: null }, this.chain.reachMs) < 0) return;
    this.oldest.set(key, Math.min(time, this.oldest.get(key) ?? time));
    let rule: Level | null = level;
    for (const [k, touched] of [group, ...above].entries()) {
      const parent = above[k];
      if (rule!.incoming === null) {
        if (parent !== undefined) touchGroup(rule!.store, { ...touched, ...at, parent }, Number.POSITIVE_INFINITY);
        this.revisionOf(rule!, touched);
      }
      rule = rule!.above;
    }
    const origin = hits.origins[i];
    if (level.incoming === null) this.revisionOf(level, group).come.push({ time, origin, value: group.value });
    else {
      level.incoming.hits.push(group.lo, group.hi, time, recordedAt, origin, group.value);
      level.incoming.parents.push(above[0].lo, above[0].hi, time, recordedAt, origin, above[0].value);
    }
  }

  /** Silence is known from the time that other groups' hits say it is, before any group's own time moves past it. */
  private passTime(markMs: number): void {
    const second = Math.floor(markMs / 1000);
    if (!this.isSlow || second <= this.second) return;
    this.second = second;
    this.flush((store) => {
      if (store.absence !== null) store.advance(markMs, store.readUntilMs);
    });
  }

  private flush(pass?: (store: WindowStore) => void): void {
    this.oldest.clear();
    for (const level of this.levels) this.look(level, pass);
  }

  /** Puts in what waits, and tells the rule above what that makes of the episodes. */
  private look({ store, rule, above, incoming, revisions }: Level, pass?: (store: WindowStore) => void): void {
    if (incoming !== null && incoming.hits.count > 0) {
      const { hits, parents } = incoming;
      const { groupLo: lo, groupHi: hi, values } = parents;
      const { count, times, origins, recordedAt, groupLo, groupHi } = hits;
      store.add({
        count,
        times,
        origins,
        recordedAt,
        groupLo,
        groupHi,
        values: hits.values,
        parents: { lo, hi, values },
      });
      hits.clear();
      parents.clear();
      store.settle();
    }
    for (const { lo, hi, gone, come } of revisions.values()) {
      const slot = store.groups.find(lo, hi);
      // Where it is not, it had to make room for others, which is counted.
      if (slot < 0) continue;
      if (gone.length > 0 || come.length > 0) reviseEntries(store, slot, gone, come);
      passGroup(store, slot);
    }
    revisions.clear();
    pass?.(store);
    if (above !== null) for (const view of store.takeChanged()) this.tell(above, rule, view);
  }

  private tell(above: Level, { seed }: PlannedRule, { told, evidence, groupLo, groupHi }: EpisodeView): void {
    if (told === null) return;
    const { parent, happens, said, proofs } = told;
    const nameOf = (time: number) => {
      const hash = this.hash.reset(seed).mix(groupLo, groupHi);
      return -1 - hash.mix(time | 0, Math.floor(time / 2 ** 32)).finish().number53;
    };
    const entryOf = (time: number, { lasting }: Moment) => {
      return { time, origin: nameOf(time), value: entryValue(above.rule, parent.value, lasting) };
    };
    const proofOf = (time: number, { since }: Moment) => {
      const proof = proofs.get(time) ?? null;
      if (proof === null || since === time) return proof;
      // What goes on since then is proven by what it began with, too.
      return joined(proofs.get(since) ?? above.store.proofs.of(nameOf(since)) ?? [], proof);
    };
    const isOrdered = above.rule.spec.kind === 'measured' && above.rule.spec.measure.kind === 'ordered';
    const [before, now] = [momentsOf(said, isOrdered), momentsOf(happens, isOrdered)];
    for (const [time, moment] of before) {
      const isSame = now.get(time)?.lasting === moment.lasting;
      if (!isSame) this.revisionOf(above, parent).gone.push(entryOf(time, moment));
    }
    for (const [time, moment] of now) {
      const entry = entryOf(time, moment);
      const proof = proofOf(time, moment);
      if (before.get(time)?.lasting !== moment.lasting) {
        const known = proof ?? above.store.proofs.of(entry.origin) ?? evidence;
        this.revisionOf(above, parent).come.push({ ...entry, proof: known });
      } else if (proof !== null) reprove(above.store, parent, { ...entry, proof });
    }
  }

  private revisionOf({ revisions }: Level, { lo, hi }: { lo: number; hi: number }): Revision {
    const key = keyOf({ lo, hi });
    let revision = revisions.get(key);
    if (revision === undefined) revisions.set(key, (revision = { lo, hi, gone: [], come: [] }));
    return revision;
  }
}

/** When something happens: once, or where it begins or ends. */
interface Moment {
  lasting: Lasts;
  since: number;
}

/** To order it matters what lies between, to others only that it happens. */
function momentsOf(slices: readonly FireSlice[], isOrdered: boolean): Map<number, Moment> {
  const moments = new Map<number, Moment>();
  for (const { first, last } of slices) {
    const goesOn = isOrdered && first < last;
    moments.set(first, { lasting: goesOn ? lasts.begins : 0, since: first });
    if (first < last) moments.set(last, { lasting: goesOn ? lasts.ends : 0, since: goesOn ? first : last });
  }
  return moments;
}

function entryValue({ spec }: PlannedRule, value: number, lasting: Lasts): number {
  if (spec.kind !== 'measured' || spec.measure.kind !== 'ordered') return value;
  return orderedValue(value, spec.measure.inputs, lasting);
}

/** Both, none twice, in the order of their times. */
function joined(a: readonly EvidenceRef[], b: readonly EvidenceRef[]): EvidenceRef[] {
  const all = new Map([...a, ...b].map((ref) => [ref.origin, ref]));
  return [...all.values()].sort((x, y) => x.time - y.time || x.origin - y.origin);
}

const keyOf = ({ lo, hi }: { lo: number; hi: number }): string => `${lo}/${hi}`;

/** All hits as they were recorded; what was recorded at one moment, by event time. */
function inOrder(all: readonly LevelHits[]): { of: LevelHits; i: number }[] {
  const hits = all.flatMap((of) => Array.from({ length: of.hits.count }, (_, i) => ({ of, i })));
  const [recordedAt, time] = [
    (h: (typeof hits)[number]) => h.of.hits.recordedAt[h.i],
    (h: (typeof hits)[number]) => h.of.hits.times[h.i],
  ];
  return hits.sort((a, b) => recordedAt(a) - recordedAt(b) || time(a) - time(b));
}
