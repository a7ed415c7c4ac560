import { addressPath, type EventView, type FieldValue } from '#libs/sigma';
import { Hash } from './hash.js';
import { kind, LineScanner } from './line-scanner.js';
import { networkText } from './network-text.js';
import { PathTrie } from './path-trie.js';

/**
 * One event as rules read it: the wanted fields of a JSON line, found by a byte scan and decoded only when somebody
 * asks. Lines that the scanner does not understand (escaped keys, a key twice) are parsed as JSON instead; both ways
 * give the same values. One view is used for line after line.
 */
export class LineView implements EventView {
  readonly scanner: LineScanner;
  private parsed: unknown;
  private isParsed = false;
  private line = 0;
  private readonly decoded: FieldValue[];
  private readonly decodedFor: Uint32Array;
  private readonly hashLo: Int32Array;
  private readonly hashHi: Int32Array;
  private readonly hashedFor: Uint32Array;
  private readonly hash = new Hash();
  /** Where a slot stands for the network of an address: the address's; else -1. */
  private readonly addressSlots: number[];

  constructor(private readonly paths: readonly string[]) {
    this.scanner = new LineScanner(new PathTrie(paths), paths.length);
    this.addressSlots = paths.map((path) => paths.indexOf(addressPath(path) ?? ''));
    this.decoded = new Array<FieldValue>(paths.length).fill(undefined);
    this.decodedFor = new Uint32Array(paths.length);
    this.hashLo = new Int32Array(paths.length);
    this.hashHi = new Int32Array(paths.length);
    this.hashedFor = new Uint32Array(paths.length);
  }

  /** Looks at bytes[from, to) from now on. False: it is no JSON object. */
  read(bytes: Buffer, from: number, to: number): boolean {
    this.line++;
    this.isParsed = !this.scanner.scan(bytes, from, to);
    if (!this.isParsed) return true;
    try {
      this.parsed = JSON.parse(bytes.toString('utf8', from, to));
    } catch {
      return false;
    }
    return typeof this.parsed === 'object' && this.parsed !== null && !Array.isArray(this.parsed);
  }

  value(slot: number): FieldValue {
    if (this.decodedFor[slot] === this.line) return this.decoded[slot];
    const value = this.find(slot);
    this.decoded[slot] = value;
    this.decodedFor[slot] = this.line;
    return value;
  }

  has(slot: number): boolean {
    return this.isParsed || this.addressSlots[slot] >= 0
      ? this.value(slot) !== undefined
      : this.scanner.kindOf(slot) !== kind.absent;
  }

  /**
   * Hashes a field's text into `into` (numbers and booleans as JSON writes them). False where it has none: absent,
   * null, a list or an object.
   */
  mixHash(slot: number, into: Hash): boolean {
    if (this.hashedFor[slot] !== this.line) {
      if (!this.hashField(slot)) return false;
      this.hashLo[slot] = this.hash.lo;
      this.hashHi[slot] = this.hash.hi;
      this.hashedFor[slot] = this.line;
    }
    into.mix(this.hashLo[slot], this.hashHi[slot]);
    return true;
  }

  private hashField(slot: number): boolean {
    if (!this.isParsed && this.addressSlots[slot] < 0 && this.scanner.kindOf(slot) === kind.ascii) {
      this.hash.reset(0).bytes(this.scanner.bytes, this.scanner.from[slot], this.scanner.to[slot]).finish();
      return true;
    }
    const text = textOf(this.value(slot));
    if (text === null) return false;
    this.hash.reset(0).text(text).finish();
    return true;
  }

  private find(slot: number): FieldValue {
    const addressSlot = this.addressSlots[slot];
    if (addressSlot < 0) return this.isParsed ? this.lookUp(slot) : this.scanner.decode(slot);
    const address = this.value(addressSlot);
    return typeof address === 'string' ? networkText(address) : undefined;
  }

  private lookUp(slot: number): FieldValue {
    let at: unknown = this.parsed;
    for (const key of this.paths[slot].split('.')) {
      if (typeof at !== 'object' || at === null || Array.isArray(at)) return undefined;
      at = Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined;
    }
    return at as FieldValue;
  }
}

/** How a value is grouped and told apart: its text, or null where it has none. */
export function textOf(value: FieldValue): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
