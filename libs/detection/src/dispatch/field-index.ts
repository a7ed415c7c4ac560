import { type EventView, fold, type Literal, type NeededField, visitNeeded } from '#libs/sigma';
import { EdgeTrie } from './edge-trie.js';
import type { NumberSet, Numbers } from './number-set.js';
import { PartSearch } from './part-search.js';

/** A text that rules ask for in a field, and what it stands for. */
export interface Wanted {
  literal: Literal;
  opens: Numbers;
}

/** The texts that rules ask for in one field. */
export class FieldIndex {
  private readonly wholes: ReadonlyMap<string, Numbers>;
  private readonly wholeCharsMax: number;
  private readonly starts: EdgeTrie | undefined;
  private readonly ends: EdgeTrie | undefined;
  private readonly parts: PartSearch | undefined;
  private found!: NumberSet;

  constructor(
    private readonly field: NeededField,
    wanted: readonly Wanted[],
  ) {
    const at = (where: Literal['where']) =>
      new Map(
        wanted.filter(({ literal }) => literal.where === where).map(({ literal, opens }) => [literal.text, opens]),
      );
    const [starts, ends, parts] = [at('start'), at('end'), at('part')];
    this.wholes = at('whole');
    this.wholeCharsMax = Math.max(-1, ...[...this.wholes.keys()].map((text) => text.length));
    this.starts = starts.size > 0 ? new EdgeTrie(false, starts) : undefined;
    this.ends = ends.size > 0 ? new EdgeTrie(true, ends) : undefined;
    this.parts = parts.size > 0 ? new PartSearch(parts) : undefined;
  }

  /** Adds what every text that the event holds in this field stands for. */
  look(view: EventView, found: NumberSet): void {
    this.found = found;
    visitNeeded(this.field, view, this.visit);
  }

  // One function for all events: none is made for each.
  private readonly visit = (value: string | number | boolean): false => {
    const { found } = this;
    const text = fold(typeof value === 'string' ? value : String(value));
    // A longer text is not hashed.
    if (text.length <= this.wholeCharsMax) {
      const opens = this.wholes.get(text);
      if (opens !== undefined) found.add(opens);
    }
    this.starts?.look(text, found);
    this.ends?.look(text, found);
    this.parts?.look(text, found);
    return false;
  };
}
