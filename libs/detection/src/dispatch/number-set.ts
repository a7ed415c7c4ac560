/** Numbers that are added together: one by one while they are few, else word by word. */
export class Numbers {
  readonly words: Uint32Array | undefined;

  constructor(
    size: number,
    readonly numbers: readonly number[],
  ) {
    this.words = numbers.length > wordsOf(size) ? new NumberSet(size, numbers).words : undefined;
  }
}

/** A set of numbers below its size, as bits: read in order, and emptied, filled and cut all at once. */
export class NumberSet {
  readonly words: Uint32Array;

  constructor(size: number, numbers: readonly number[] = []) {
    this.words = new Uint32Array(wordsOf(size));
    for (const number of numbers) this.words[number >>> 5] |= 1 << (number & 31);
  }

  add({ words, numbers }: Numbers): void {
    if (words !== undefined) for (let w = 0; w < words.length; w++) this.words[w] |= words[w];
    else for (let i = 0; i < numbers.length; i++) this.words[numbers[i] >>> 5] |= 1 << (numbers[i] & 31);
  }

  become({ words }: NumberSet): void {
    this.words.set(words);
  }

  cutTo({ words }: NumberSet): void {
    for (let w = 0; w < words.length; w++) this.words[w] &= words[w];
  }
}

export const wordsOf = (size: number): number => Math.ceil(size / 32);

/** The lowest number of a word that is not zero. */
export const lowestOf = (word: number): number => 31 - Math.clz32(word & -word);
