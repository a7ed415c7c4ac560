import { grown } from '../group-table.js';

/** Numbers in ascending order. Adding and removing move those above: fine for some ten thousand. */
export class SortedValues {
  size = 0;
  private values = new Float64Array(4);

  add(value: number): void {
    const at = this.indexOf(value);
    if (this.size === this.values.length) this.values = grown(this.values, 2 * this.size);
    this.values.copyWithin(at + 1, at, this.size++);
    this.values[at] = value;
  }

  /** One that is there. */
  remove(value: number): void {
    this.values.copyWithin(this.indexOf(value), this.indexOf(value) + 1, this.size--);
  }

  /** By rank, from 0. */
  at(rank: number): number {
    return this.values[rank];
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let i = 0; i < this.size; i++) yield this.values[i];
  }

  /** Of the first that is not smaller. */
  private indexOf(value: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.values[middle] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
