import { type Choice, type DecayedChoice, essenceOf, faded, type Slot } from '#libs/ranking';

/** Votes that made one choice, or ballots. */
export interface JudgedChoice extends DecayedChoice {
  /** Names of the rules that they are discounted for; null: they count. */
  rules: readonly string[] | null;
}

/** What votes of a slot weighed when it began, and the squares of that; see libs/ranking. */
interface Sums {
  slot: number;
  weight: number;
  squares: number;
}

class Gathered {
  votes = 0;
  readonly slots = new Map<number, Sums>();

  constructor(
    readonly choice: Choice,
    readonly rules: readonly string[] | null,
  ) {}

  /** What says neither yes nor no weighs nothing. */
  fade({ slot, weight, squares }: Sums): void {
    if ('value' in this.choice && this.choice.value === 0) return;
    const known = this.slots.get(slot) ?? { slot, weight: 0, squares: 0 };
    this.slots.set(slot, known);
    known.weight += weight;
    known.squares += squares;
  }

  /** Slot by slot in their order, so that the same votes always come to the same. */
  judged(now: Slot | null): JudgedChoice {
    const { choice, rules, votes } = this;
    if (now === null) return { choice, rules, votes, weight: votes, squares: votes };
    const slots = [...this.slots.values()].sort((a, b) => a.slot - b.slot).map((sums) => faded(sums, now));
    const weight = slots.reduce((sum, one) => sum + one.weight, 0);
    return { choice, rules, votes, weight, squares: slots.reduce((sum, one) => sum + one.squares, 0) };
  }
}

/** Gathers votes that come in parts: by choice, and by the rules of a contest that they are discounted for. */
export class JudgedChoices {
  private readonly found = new Map<string, Gathered>();
  private readonly discounting: ReadonlySet<string>;

  constructor(discountingRules: readonly string[]) {
    this.discounting = new Set(discountingRules);
  }

  of(choice: Choice, rules: readonly string[]): Gathered {
    const known = this.discountingOf(rules);
    const key = `${known?.join('\0') ?? ''}\0\0${nameOf(choice)}`;
    let gathered = this.found.get(key);
    if (gathered === undefined) {
      gathered = new Gathered(essenceOf(choice), known);
      this.found.set(key, gathered);
    }
    return gathered;
  }

  /** Of the rules those that discount in this contest; null: none does. */
  discountingOf(rules: readonly string[]): readonly string[] | null {
    if (rules.length === 0) return null;
    const known = rules.filter((rule) => this.discounting.has(rule)).sort();
    return known.length === 0 ? null : known;
  }

  /** `now`: votes have faded until then, and are in an order of their own, so that they add up to the same; null: they don't fade. */
  all(now: Slot | null): JudgedChoice[] {
    const found = [...this.found];
    if (now !== null) found.sort(([a], [b]) => (a < b ? -1 : 1));
    return found.map(([, gathered]) => gathered.judged(now));
  }
}

/** The same for choices that are the same to every method. */
function nameOf(choice: Choice): string {
  if ('entry' in choice) return `${Math.sign(choice.value)} ${choice.entry}`;
  return 'winner' in choice ? `over ${choice.winner}\0${choice.loser}` : `order ${choice.ranking.join('\0')}`;
}
