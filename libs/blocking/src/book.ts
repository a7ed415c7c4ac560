import { type CompiledEntries, compileEntries, contains, type Matchers, type Network } from '#libs/silencing';
import { blockedNetwork, type Decision, originOf } from './decision.js';

/** An entry of an allowlist, and while it holds: from `from`, before `until` (null: for ever). Ms since the epoch. */
export interface AllowEntry {
  id: string;
  matchers: Matchers;
  from: number;
  until: number | null;
}

/** Which decisions somebody asks for. All that is given must hold. */
export interface DecisionFilter {
  scopes?: readonly string[];
  types?: readonly string[];
  value?: string;
  origins?: readonly string[];
  /** Parts of names of rules, in lower case: any of them, none of them. */
  containing?: readonly string[];
  notContaining?: readonly string[];
  /** Those that hold this network; with `inside`, those that lie in it. */
  network?: Network;
  inside?: boolean;
}

export interface Page {
  decision: Decision;
  /** The same for decisions of which a bouncer keeps one: counts from 0. */
  target: number;
  network: Network | undefined;
  allowed: readonly AllowEntry[];
}

/** Decisions with what people lifted and allowed: who is blocked at any moment that it knows of. Reads no clock. */
export class DecisionBook {
  private readonly pages = new Map<string, Page>();
  private readonly numbers = new Map<number, Page>();
  private readonly targets = new Map<string, number>();
  private allowlist: CompiledEntries<AllowEntry> = compileEntries([]);
  private isEmptyList = true;

  get size(): number {
    return this.pages.size;
  }

  has(uuid: string): boolean {
    return this.pages.has(uuid);
  }

  put(decision: Decision): void {
    const network = blockedNetwork(decision);
    const page = { decision, target: this.targetOf(decision), network, allowed: this.allowedBy(decision, network) };
    this.pages.set(decision.uuid, page);
    this.numbers.set(decision.id, page);
  }

  allow(entries: readonly AllowEntry[]): void {
    this.allowlist = compileEntries(entries);
    this.isEmptyList = entries.length === 0;
    for (const page of this.pages.values()) page.allowed = this.allowedBy(page.decision, page.network);
  }

  /** Forgets what ended before. */
  forget(before: number): void {
    const { size } = this.pages;
    for (const [uuid, { decision }] of this.pages) {
      if (decision.until >= before) continue;
      this.pages.delete(uuid);
      this.numbers.delete(decision.id);
    }
    if (this.pages.size === size) return;
    this.targets.clear();
    for (const page of this.pages.values()) page.target = this.targetOf(page.decision);
  }

  byNumber(id: number): Page | undefined {
    return this.numbers.get(id);
  }

  /** Entries of the allowlist that lift this decision at that time. */
  allowing(uuid: string, at: number): AllowEntry[] {
    return this.pages.get(uuid)?.allowed.filter((entry) => holdsAt(entry, at)) ?? [];
  }

  /** Those that block somebody at that time, in no particular order. */
  *active(at: number, filter: DecisionFilter = {}): Generator<Page> {
    for (const page of this.pages.values()) if (isActive(page, at) && meets(page, filter)) yield page;
  }

  /** Those that began and did not end by themselves at that time, lifted and allowlisted ones too; not what the guard refused. */
  *begun(at: number, filter: DecisionFilter = {}): Generator<Page> {
    for (const page of this.pages.values()) {
      const { guard, startsAt, until } = page.decision;
      if (guard === null && at >= startsAt && at < until && meets(page, filter)) yield page;
    }
  }

  /** Of the active ones for each target that which lasts longest: what a bouncer holds. By target; holes for the others. */
  longest(at: number, filter: DecisionFilter = {}): (Decision | undefined)[] {
    const longest = new Array<Decision | undefined>(this.targets.size).fill(undefined);
    // No generator here: a hundred thousand of them are gone through while a bouncer waits.
    for (const page of this.pages.values()) {
      if (!isActive(page, at) || !meets(page, filter)) continue;
      const { decision, target } = page;
      const other = longest[target];
      if (!other || decision.until > other.until || (decision.until === other.until && decision.id < other.id))
        longest[target] = decision;
    }
    return longest;
  }

  private targetOf({ type, scope, value }: Decision): number {
    const text = `${type} ${scope} ${value}`;
    const known = this.targets.get(text);
    if (known !== undefined) return known;
    this.targets.set(text, this.targets.size);
    return this.targets.size - 1;
  }

  private allowedBy({ subject }: Decision, network: Network | undefined): readonly AllowEntry[] {
    return this.isEmptyList ? [] : this.allowlist.matching(subject, network);
  }
}

function isActive({ decision, allowed }: Page, at: number): boolean {
  if (decision.guard !== null || at < decision.startsAt || at >= decision.until) return false;
  if (decision.liftedAt !== null && at >= decision.liftedAt) return false;
  return allowed.length === 0 || !allowed.some((entry) => holdsAt(entry, at));
}

function holdsAt({ from, until }: AllowEntry, at: number): boolean {
  return at >= from && (until === null || at < until);
}

function meets({ decision, network }: Page, filter: DecisionFilter): boolean {
  const { scopes, types, value, origins, containing, notContaining } = filter;
  if (scopes && !scopes.includes(decision.scope)) return false;
  if (types && !types.includes(decision.type)) return false;
  if (value !== undefined && decision.value !== value) return false;
  if (origins && !origins.includes(originOf(decision))) return false;
  if (containing || notContaining) {
    const scenario = decision.subject.rule.name.toLowerCase();
    if (containing && !containing.some((part) => scenario.includes(part))) return false;
    if (notContaining?.some((part) => scenario.includes(part))) return false;
  }
  if (!filter.network) return true;
  if (!network) return false;
  return filter.inside ? contains(filter.network, network) : contains(network, filter.network);
}
