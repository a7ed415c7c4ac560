import type { FieldValue } from '#libs/sigma';
import type { PathTrie } from './path-trie.js';

/** What the bytes of a field are. `ascii` and `wide` have no escapes; the bytes of `wide` may be no UTF-8. */
export const kind = { absent: 0, ascii: 1, wide: 2, escaped: 3, number: 4, literal: 5, nested: 6 } as const;
type Kind = (typeof kind)[keyof typeof kind];

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const braceOpen = 0x7b;
const braceClose = 0x7d;
const bracketOpen = 0x5b;
const bracketClose = 0x5d;
const letterT = 0x74;
const letterF = 0x66;
const minus = 0x2d;

/** Texts up to this many bytes are kept and given out again: method names, hosts, addresses come in few kinds. */
const internBytesMax = 40;
const internSlots = 4096;

/**
 * Finds the wanted fields of a JSON object in its bytes, without building the object. It trusts that the line is JSON
 * (ingest has parsed it); a line that is not is refused or gives fields that a parser would not have reached.
 */
export class LineScanner {
  bytes: Buffer = Buffer.alloc(0);
  readonly from: Int32Array;
  readonly to: Int32Array;
  private readonly kinds: Uint8Array;
  private readonly foundFor: Uint32Array;
  private line = 0;
  private end = 0;
  private readonly interned = new Array<string | undefined>(internSlots);

  constructor(
    private readonly trie: PathTrie,
    slots: number,
  ) {
    this.from = new Int32Array(slots);
    this.to = new Int32Array(slots);
    this.kinds = new Uint8Array(slots);
    this.foundFor = new Uint32Array(slots);
  }

  /** False: not understood (an escaped key, a key given twice, no object): parse the line instead. */
  scan(bytes: Buffer, from: number, to: number): boolean {
    this.bytes = bytes;
    this.end = to;
    this.line++;
    const start = this.skipSpace(from);
    return bytes[start] === braceOpen && this.scanObject(this.trie, start) > 0;
  }

  kindOf(slot: number): Kind {
    return this.foundFor[slot] === this.line ? (this.kinds[slot] as Kind) : kind.absent;
  }

  decode(slot: number): FieldValue {
    const from = this.from[slot];
    const to = this.to[slot];
    switch (this.kindOf(slot)) {
      case kind.absent:
        return undefined;
      case kind.ascii:
        return this.text(from, to);
      case kind.wide:
        return this.bytes.toString('utf8', from, to);
      case kind.number:
        return this.number(from, to);
      case kind.literal:
        return this.bytes[from] === letterT ? true : this.bytes[from] === letterF ? false : null;
      default:
        return JSON.parse(this.bytes.toString('utf8', from, to)) as FieldValue;
    }
  }

  /** From `{` on; the index after its `}`, or -1. */
  private scanObject(node: PathTrie, start: number): number {
    const { bytes, end } = this;
    let i = this.skipSpace(start + 1);
    if (bytes[i] === braceClose) return i + 1;
    for (let position = 0; i < end; position++) {
      if (bytes[i] !== quote) return -1;
      const keyFrom = ++i;
      const expected = node.expects(bytes, keyFrom, position);
      let entry: number;
      if (expected >= 0) {
        i += expected;
        entry = node.expected[position];
      } else {
        while (i < end && bytes[i] !== quote) if (bytes[i++] === backslash) return -1;
        entry = node.find(bytes, keyFrom, i, position);
      }
      // Most lines have no white space between.
      if (bytes[++i] !== colon) i = this.skipSpace(i);
      if (bytes[i] !== colon) return -1;
      i = this.skipSpace(i + 1);
      i = entry < 0 ? this.skipValue(i) : this.wantedValue(node, entry, i);
      if (i < 0) return -1;
      if (bytes[i] <= 0x20) i = this.skipSpace(i);
      if (bytes[i] === braceClose) return i + 1;
      if (bytes[i] !== comma) return -1;
      if (bytes[++i] !== quote) i = this.skipSpace(i);
    }
    return -1;
  }

  private wantedValue(node: PathTrie, entry: number, at: number): number {
    if (node.seenFor[entry] === this.line) return -1;
    node.seenFor[entry] = this.line;
    const slot = node.slots[entry];
    const child = node.children[entry];
    const first = this.bytes[at];
    let end: number;
    if (child !== null && first === braceOpen) end = this.scanObject(child, at);
    else end = this.skipValue(at);
    if (end < 0 || slot < 0) return end;
    this.foundFor[slot] = this.line;
    if (first === quote) {
      this.kinds[slot] = this.escapeSeen ? kind.escaped : this.wideSeen ? kind.wide : kind.ascii;
      // Escaped text keeps its quotes: it is decoded as JSON.
      this.from[slot] = this.escapeSeen ? at : at + 1;
      this.to[slot] = this.escapeSeen ? end : end - 1;
      return end;
    }
    this.kinds[slot] =
      first === braceOpen || first === bracketOpen
        ? kind.nested
        : first === minus || (first >= 0x30 && first <= 0x39)
          ? kind.number
          : kind.literal;
    this.from[slot] = at;
    this.to[slot] = end;
    return end;
  }

  private escapeSeen = false;
  private wideSeen = false;

  /** The index after the value, or -1. Notes of a text whether it had escapes, and whether all was ASCII. */
  private skipValue(at: number): number {
    const first = this.bytes[at];
    if (first === quote) return this.skipText(at);
    if (first === braceOpen || first === bracketOpen) return this.skipNested(at);
    const { bytes, end } = this;
    let i = at;
    // A number or a literal ends where anything else begins.
    for (; i < end; i++) {
      const byte = bytes[i];
      if (byte === comma || byte === braceClose || byte === bracketClose || byte <= 0x20) break;
    }
    return i > at ? i : -1;
  }

  private skipText(at: number): number {
    const { bytes, end } = this;
    this.escapeSeen = false;
    let all = 0;
    for (let i = at + 1; i < end; i++) {
      const byte = bytes[i];
      if (byte === quote) {
        this.wideSeen = all >= 0x80;
        return i + 1;
      }
      all |= byte;
      if (byte === backslash) {
        this.escapeSeen = true;
        i++;
      }
    }
    return -1;
  }

  private skipNested(at: number): number {
    const { bytes, end } = this;
    let depth = 0;
    for (let i = at; i < end; i++) {
      const byte = bytes[i];
      if (byte === quote) {
        i = this.skipText(i) - 1;
        if (i < 0) return -1;
      } else if (byte === braceOpen || byte === bracketOpen) depth++;
      else if ((byte === braceClose || byte === bracketClose) && --depth === 0) return i + 1;
    }
    return -1;
  }

  private skipSpace(at: number): number {
    let i = at;
    while (i < this.end && this.bytes[i] <= 0x20) i++;
    return i;
  }

  private number(from: number, to: number): number {
    const { bytes } = this;
    if (to - from > 15) return Number(bytes.toString('latin1', from, to));
    let value = 0;
    for (let i = from; i < to; i++) {
      const digit = bytes[i] - 0x30;
      if (digit < 0 || digit > 9) return Number(bytes.toString('latin1', from, to));
      value = value * 10 + digit;
    }
    return value;
  }

  private text(from: number, to: number): string {
    const { bytes } = this;
    if (to - from > internBytesMax) return bytes.toString('latin1', from, to);
    let hash = to - from;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (internSlots - 1);
    const known = this.interned[slot];
    if (known !== undefined && isText(known, bytes, from, to)) return known;
    const text = bytes.toString('latin1', from, to);
    this.interned[slot] = text;
    return text;
  }
}

function isText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
