import { type FieldReader } from './reader.js';

/** A folded text that a field holds: as its whole value, or at its start, its end or anywhere in it. */
export interface Literal {
  where: 'whole' | 'start' | 'end' | 'part';
  text: string;
}

/**
 * What must hold of an event for a test to hold, whatever else the test asks: in some field there is one of some texts,
 * folded. It says enough to leave a rule out, never enough to match. `undefined` in place of a need: nothing is known.
 */
export type Need =
  | { kind: 'literals'; field: NeededField; literals: readonly Literal[] }
  | { kind: 'all' | 'any'; of: readonly Need[] };

/** Of a field that holds a list, one element is enough. `deep`: any value anywhere in it, keys left out. */
export interface NeededField extends Pick<FieldReader, 'read'> {
  /** Equal for fields that are read alike. */
  key: string;
  deep: boolean;
}

/** Every one of the tests must hold. */
export function allNeeds(needs: readonly (Need | undefined)[]): Need | undefined {
  const known = needs.filter((need) => need !== undefined);
  return known.length > 1 ? { kind: 'all', of: known } : known[0];
}

/** One of the tests must hold. */
export function anyNeed(needs: readonly (Need | undefined)[]): Need | undefined {
  const known = needs.filter((need) => need !== undefined);
  if (known.length < needs.length) return undefined;
  return known.length === 1 ? known[0] : { kind: 'any', of: known };
}
