/** Of so many keys of an object it is remembered which stood where. */
const positionsMax = 64;

/** The fields that somebody wants to read, by path: a node per object, an entry per key. */
export class PathTrie {
  readonly keys: Uint8Array[] = [];
  /** Slot of the field at that key, or -1. */
  readonly slots: number[] = [];
  /** What is wanted below that key, or null. */
  readonly children: (PathTrie | null)[] = [];
  /** The entry that matched last at each position in the object: senders write keys in one order. */
  readonly expected = new Int32Array(positionsMax).fill(-1);
  /** Entries by the length of their keys: a key that nobody wants is mostly known by it. */
  private readonly byLength: number[][] = [];
  /** By entry: the line in which its key was last seen. Twice in one line: JSON takes the last one. */
  readonly seenFor: number[] = [];

  constructor(paths: readonly string[] = []) {
    for (const [slot, path] of paths.entries()) this.add(path.split('.'), slot);
  }

  private add([key, ...rest]: readonly string[], slot: number): void {
    const bytes = new TextEncoder().encode(key);
    let at = this.keys.findIndex((k) => Buffer.compare(k, bytes) === 0);
    if (at < 0) {
      at = this.keys.push(bytes) - 1;
      (this.byLength[bytes.length] ??= []).push(at);
      this.slots.push(-1);
      this.seenFor.push(0);
      this.children.push(null);
    }
    if (rest.length === 0) this.slots[at] = slot;
    else (this.children[at] ??= new PathTrie()).add(rest, slot);
  }

  /** The length of the key that is expected at this position, if the bytes from `from` on are that key and its quote; else -1. */
  expects(bytes: Uint8Array, from: number, position: number): number {
    const guess = position < positionsMax ? this.expected[position] : -1;
    if (guess < 0) return -1;
    const key = this.keys[guess];
    return bytes[from + key.length] === quote && isAt(key, bytes, from) ? key.length : -1;
  }

  /** The entry whose key is bytes[from, to), or -1. `position`: how many keys came before it in the object. */
  find(bytes: Uint8Array, from: number, to: number, position: number): number {
    const entries = this.byLength[to - from];
    if (entries === undefined) return -1;
    for (let i = 0; i < entries.length; i++) {
      if (!isAt(this.keys[entries[i]], bytes, from)) continue;
      if (position < positionsMax) this.expected[position] = entries[i];
      return entries[i];
    }
    return -1;
  }
}

const quote = 0x22;

/** Names of one object begin alike more often than they end alike. */
function isAt(key: Uint8Array, bytes: Uint8Array, from: number): boolean {
  for (let i = key.length - 1; i >= 0; i--) if (key[i] !== bytes[from + i]) return false;
  return true;
}
