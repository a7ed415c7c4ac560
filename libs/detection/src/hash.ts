/**
 * A 64-bit hash of bytes, as two 32-bit lanes with different mixing: fast in JavaScript, the same on every machine and
 * in every version (groups are spread over partitions by it, and snapshots keep it). Not for secrets.
 */
export class Hash {
  lo = 0;
  hi = 0;

  reset(seed: number): this {
    this.lo = seed | 0;
    this.hi = Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995;
    return this;
  }

  /** Takes in bytes[from, to). */
  bytes(bytes: Uint8Array, from: number, to: number): this {
    let { lo, hi } = this;
    for (let i = from; i < to; i++) {
      const byte = bytes[i];
      lo = Math.imul(lo ^ byte, 0x01000193);
      hi = Math.imul(((hi << 13) | (hi >>> 19)) ^ byte, 0xcc9e2d51);
    }
    this.lo = lo;
    this.hi = hi;
    return this;
  }

  /** The same as the bytes of its UTF-8 form. */
  text(text: string): this {
    const bytes = Buffer.from(text);
    return this.bytes(bytes, 0, bytes.length);
  }

  /** Takes in another hash; also tells two neighbouring texts apart. */
  mix(lo: number, hi: number): this {
    this.lo = Math.imul(this.lo ^ lo, 0x85ebca6b) ^ (hi >>> 7);
    this.hi = Math.imul(((this.hi << 15) | (this.hi >>> 17)) ^ hi, 0xc2b2ae35) ^ (lo >>> 9);
    return this;
  }

  /** Spreads the last bytes over all bits; both lanes are signed words. */
  finish(): this {
    const lo = avalanche(this.lo);
    this.hi = avalanche(this.hi ^ lo);
    this.lo = lo;
    return this;
  }

  /** 53 of the 64 bits as one number; only after `finish`. */
  get number53(): number {
    return (this.hi & 0x1fffff) * 0x1_0000_0000 + (this.lo >>> 0);
  }
}

function avalanche(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** 32 bits of a text, for naming a rule in a compact entry. */
export const hash32 = (text: string): number => new Hash().reset(0).text(text).finish().lo >>> 0;
