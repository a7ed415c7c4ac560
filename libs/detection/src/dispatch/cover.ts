import type { Literal, Need, NeededField } from '#libs/sigma';

/** One text that an event may hold in one field. */
export interface Atom {
  field: NeededField;
  literal: Literal;
}

/** Texts within others are found by this many characters; shorter ones are not looked for. */
export const gramChars = 3;

/** What a rule is dispatched by. Every event that it matches holds an atom of each; undefined: any event may match. */
export interface Covers {
  /** Whole values of fields, which are looked up: mostly what tells log sources apart. */
  gate: readonly Atom[] | undefined;
  /** Among all that holds beside the gate. Looked for in the fields of rules whose gate is open only. */
  rest: readonly Atom[] | undefined;
}

export function coversOf(need: Need | undefined, popularity: Popularity): Covers {
  const gate = coverOf(need, (atom) => (isGate(atom) ? popularity.weight(atom) : Number.POSITIVE_INFINITY));
  const inGate = new Set(gate?.map(keyOf));
  const rest = coverOf(need, (atom) => (inGate.has(keyOf(atom)) ? Number.POSITIVE_INFINITY : popularity.weight(atom)));
  return { gate, rest };
}

const isGate = ({ field, literal }: Atom): boolean => literal.where === 'whole' && !field.deep;

type Weigh = (atom: Atom) => number;

function coverOf(need: Need | undefined, weigh: Weigh): readonly Atom[] | undefined {
  if (need === undefined) return undefined;
  const { atoms, weight } = lightest(need, weigh);
  return Number.isFinite(weight) ? atoms : undefined;
}

/** Of needs that all must hold one is enough: that which the fewest events seem to meet. */
function lightest(need: Need, weigh: Weigh): { atoms: readonly Atom[]; weight: number } {
  if (need.kind === 'literals') {
    const atoms = need.literals.map((literal) => ({ field: need.field, literal }));
    return { atoms, weight: atoms.reduce((sum, atom) => sum + weigh(atom), 0) };
  }
  const covers = need.of.map((one) => lightest(one, weigh));
  if (need.kind === 'all') return covers.reduce((best, cover) => (cover.weight < best.weight ? cover : best));
  return {
    atoms: covers.flatMap(({ atoms }) => atoms),
    weight: covers.reduce((sum, { weight }) => sum + weight, 0),
  };
}

/** All of an event's values have to be found and looked through. */
const deepWeight = 4;

/**
 * How many rules ask for an atom. One that many ask for is common among events too (`GET`, the channel of a log), and
 * where an event has it, all of them are candidates.
 */
export class Popularity {
  private readonly rules = new Map<string, number>();

  constructor(needs: readonly (Need | undefined)[]) {
    for (const need of needs)
      for (const key of need === undefined ? [] : keysOf(need)) this.rules.set(key, (this.rules.get(key) ?? 0) + 1);
  }

  /** Stands for how many candidates it makes of an event; short texts are in more events than long ones. */
  weight(atom: Atom): number {
    const { where, text } = atom.literal;
    if (where === 'part' && text.length < gramChars) return Number.POSITIVE_INFINITY;
    const rules = this.rules.get(keyOf(atom)) ?? 1;
    return rules * (1 + 64 / (1 + text.length) ** 2) * (atom.field.deep ? deepWeight : 1);
  }
}

function keysOf(need: Need): Set<string> {
  if (need.kind !== 'literals') return new Set(need.of.flatMap((one) => [...keysOf(one)]));
  return new Set(need.literals.map((literal) => keyOf({ field: need.field, literal })));
}

const keyOf = ({ field, literal }: Atom): string => `${field.key} ${literal.where} ${literal.text}`;
