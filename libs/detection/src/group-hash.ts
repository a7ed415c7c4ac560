import type { Hash } from './hash.js';
import { type LineView, textOf } from './line-view.js';

/** What a field holds, or one of a list's elements, as it is grouped and told apart; and the hash of it. */
export interface HashedText {
  text: string;
  lo: number;
  hi: number;
}

/** A group's hash, from the texts of its fields. */
export function hashGroup(hash: Hash, rule: number, texts: readonly string[]): { lo: number; hi: number } {
  const { lo, hi } = hashTexts(
    hash,
    rule,
    texts.map((text) => hashedText(hash, text)),
  );
  return { lo, hi };
}

/** The same of texts whose hashes are known. */
export function hashTexts(hash: Hash, rule: number, texts: readonly HashedText[]): Hash {
  hash.reset(rule);
  for (const { lo, hi } of texts) hash.mix(lo, hi);
  return hash.finish();
}

/** Texts of a field, each once: of a list, its elements'; of null and of nothing, none. */
export function textsOf(view: LineView, slot: number, hash: Hash): HashedText[] {
  const value = view.value(slot);
  const texts = new Set<string>();
  for (const element of Array.isArray(value) ? value : [value]) {
    const text = textOf(element);
    if (text !== null) texts.add(text);
  }
  const hashed: HashedText[] = [];
  for (const text of texts) hashed.push(hashedText(hash, text));
  return hashed;
}

function hashedText(hash: Hash, text: string): HashedText {
  const { lo, hi } = hash.reset(0).text(text).finish();
  return { text, lo, hi };
}
