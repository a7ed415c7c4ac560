import type { EventView, Literal, Need, NeededField } from '#libs/sigma';
import { type Atom, coversOf, Popularity } from './cover.js';
import { FieldIndex } from './field-index.js';
import { lowestOf, NumberSet, Numbers, wordsOf } from './number-set.js';

/** Fewer rules than this are asked one by one: that takes no longer than looking for their texts. */
export const indexedFrom = 8;

/**
 * Tells which rules of an event type an event may match, without asking each: most rules match only what holds one of
 * some texts in some field. All texts of a field are looked for at once, so what it costs hangs on the event and on how
 * many rules may match, hardly on how many there are. It leaves out only rules that can't match.
 *
 * First whole values are looked up (the log source, a method), which opens the gates of some rules; then other texts are
 * looked for, in the fields of those rules only. A rule whose gate is open and of whose texts one is there is a candidate.
 */
export class Dispatch {
  /** Finds rules, and behind them, from a word of their own on, the fields of the second stage that matter to these. */
  private readonly gates: Stage;
  private readonly rest: Stage;
  private readonly ruleWords: number;
  private readonly rules: Uint32Array;

  /** `needs`: one for each rule, by the rule's number. */
  constructor(needs: readonly (Need | undefined)[]) {
    const popularity = new Popularity(needs);
    const covers = needs.map((need) => coversOf(needs.length < indexedFrom ? undefined : need, popularity));
    this.ruleWords = wordsOf(needs.length);
    this.rest = new Stage(
      covers.map(({ rest }, rule) => ({ cover: rest, opens: [rule] })),
      needs.length,
    );
    const firstField = this.ruleWords * 32;
    this.gates = new Stage(
      covers.map(({ gate, rest }, rule) => ({
        cover: gate,
        opens: [rule, ...this.rest.fieldsOf(rest).map((field) => firstField + field)],
      })),
      firstField + this.rest.fields.length,
    );
    this.rules = this.gates.found.words.subarray(0, this.ruleWords);
  }

  /** Numbers of the rules that the event may match, as bits; they stand until the next call. */
  candidates(view: EventView): Uint32Array {
    const { gates, rest, ruleWords, rules } = this;
    gates.begin();
    for (let f = 0; f < gates.fields.length; f++) gates.fields[f].look(view, gates.found);
    if (rest.fields.length === 0) return rules;
    rest.begin();
    const { words } = gates.found;
    for (let w = ruleWords; w < words.length; w++)
      for (let word = words[w]; word !== 0; word &= word - 1)
        rest.fields[(w - ruleWords) * 32 + lowestOf(word)].look(view, rest.found);
    gates.found.cutTo(rest.found);
    return rules;
  }
}

/** A rule's part of a stage: where an event holds an atom of the cover, and without a cover, the numbers are found. */
interface Way {
  cover: readonly Atom[] | undefined;
  opens: readonly number[];
}

class Stage {
  readonly found: NumberSet;
  readonly fields: readonly FieldIndex[];
  private readonly always: NumberSet;
  private readonly fieldNumbers = new Map<string, number>();

  constructor(ways: readonly Way[], size: number) {
    this.found = new NumberSet(size);
    this.always = new NumberSet(
      size,
      ways.flatMap(({ cover, opens }) => (cover === undefined ? opens : [])),
    );
    const wanted: { field: NeededField; byText: Map<string, { literal: Literal; opens: Set<number> }> }[] = [];
    for (const { cover, opens } of ways) {
      for (const { field, literal } of cover ?? []) {
        const number = this.fieldNumbers.get(field.key) ?? wanted.push({ field, byText: new Map() }) - 1;
        this.fieldNumbers.set(field.key, number);
        const { byText } = wanted[number];
        const text = `${literal.where} ${literal.text}`;
        if (!byText.has(text)) byText.set(text, { literal, opens: new Set() });
        for (const opened of opens) byText.get(text)!.opens.add(opened);
      }
    }
    this.fields = wanted.map(({ field, byText }) => {
      const texts = [...byText.values()].map(({ literal, opens }) => ({
        literal,
        opens: new Numbers(size, [...opens]),
      }));
      return new FieldIndex(field, texts);
    });
  }

  begin(): void {
    this.found.become(this.always);
  }

  fieldsOf(cover: readonly Atom[] | undefined): number[] {
    return [...new Set(cover?.map(({ field }) => this.fieldNumbers.get(field.key)!))];
  }
}
