import type { Hash } from './hash.js';
import { type LineView, textOf } from './line-view.js';

/** A group's hash, from the texts of its fields. */
export function hashGroup(hash: Hash, rule: number, texts: readonly string[]): { lo: number; hi: number } {
  const fields = texts.map((text) => {
    const { lo, hi } = hashText(hash, text);
    return { lo, hi };
  });
  hash.reset(rule);
  for (const { lo, hi } of fields) hash.mix(lo, hi);
  const { lo, hi } = hash.finish();
  return { lo, hi };
}

const hashText = (hash: Hash, text: string): Hash => hash.reset(0).text(text).finish();

/** Texts of a field, each once: of a list, its elements'; of null and of nothing, none. */
export function textsOf(view: LineView, slot: number): Set<string> {
  const value = view.value(slot);
  const values = Array.isArray(value) ? value : [value];
  return new Set(values.map((element) => textOf(element)).filter((text) => text !== null));
}
