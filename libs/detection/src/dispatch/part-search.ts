import { gramChars } from './cover.js';
import type { NumberSet, Numbers } from './number-set.js';

interface Part {
  text: string;
  /** Where its gram ends in it. */
  gramEnd: number;
  opens: Numbers;
}

const charBits = 5;
const hashMask = 2 ** (charBits * gramChars) - 1;
/** Up to so many, asking for each is faster: that is a search of the processor's own. */
const askedEachMax = 8;

/**
 * Finds all of many texts in another, in one pass over it. Each is found by one gram of it, three characters that few of
 * the others share: where the last three characters read are nobody's gram, which is nearly everywhere, no text is.
 */
export class PartSearch {
  private readonly parts: readonly Part[];
  /** By hash of a gram: which bucket, 0 where there is none. */
  private readonly bucketAt = new Uint16Array(hashMask + 1);
  private readonly buckets: Part[][] = [[]];

  constructor(parts: ReadonlyMap<string, Numbers>) {
    this.parts = [...parts].map(([text, opens]) => this.place(text, opens));
  }

  /** Adds what every part that is in the text stands for. */
  look(text: string, found: NumberSet): void {
    if (this.parts.length > askedEachMax) this.search(text, found);
    else for (const part of this.parts) if (text.includes(part.text)) found.add(part.opens);
  }

  private search(text: string, found: NumberSet): void {
    const { bucketAt, buckets } = this;
    let hash = 0;
    for (let i = 0; i < text.length; i++) {
      // What was read three characters ago has left the hash.
      hash = ((hash << charBits) ^ text.charCodeAt(i)) & hashMask;
      if (bucketAt[hash] === 0) continue;
      for (const part of buckets[bucketAt[hash]])
        if (text.startsWith(part.text, i - part.gramEnd)) found.add(part.opens);
    }
  }

  /** Takes the gram that is in the smallest bucket so far, of those alike the last: beginnings are shared more often. */
  private place(text: string, opens: Numbers): Part {
    let best = { size: Number.POSITIVE_INFINITY, hash: 0, gramEnd: 0 };
    let hash = 0;
    for (let i = 0; i < text.length; i++) {
      hash = ((hash << charBits) ^ text.charCodeAt(i)) & hashMask;
      const size = this.buckets[this.bucketAt[hash]].length;
      if (i >= gramChars - 1 && size <= best.size) best = { size, hash, gramEnd: i };
    }
    const part = { text, gramEnd: best.gramEnd, opens };
    if (best.size === 0) this.bucketAt[best.hash] = this.buckets.push([]) - 1;
    this.buckets[this.bucketAt[best.hash]].push(part);
    return part;
  }
}
