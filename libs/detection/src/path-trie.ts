/** The fields that somebody wants to read, by path: a node per object, an entry per key. */
export class PathTrie {
  readonly keys: Uint8Array[] = [];
  /** Slot of the field at that key, or -1. */
  readonly slots: number[] = [];
  /** What is wanted below that key, or null. */
  readonly children: (PathTrie | null)[] = [];
  /** The entry that matched last at each position in the object: senders write keys in one order. */
  readonly expected = new Int32Array(64).fill(-1);
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
      this.slots.push(-1);
      this.seenFor.push(0);
      this.children.push(null);
    }
    if (rest.length === 0) this.slots[at] = slot;
    else (this.children[at] ??= new PathTrie()).add(rest, slot);
  }

  /** The entry whose key is bytes[from, to), or -1. `position`: how many keys came before it in the object. */
  find(bytes: Uint8Array, from: number, to: number, position: number): number {
    const guess = position < 64 ? this.expected[position] : -1;
    if (guess >= 0 && equals(this.keys[guess], bytes, from, to)) return guess;
    for (let at = 0; at < this.keys.length; at++) {
      if (at !== guess && equals(this.keys[at], bytes, from, to)) {
        if (position < 64) this.expected[position] = at;
        return at;
      }
    }
    return -1;
  }
}

function equals(key: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (key.length !== length) return false;
  for (let i = length - 1; i >= 0; i--) if (key[i] !== bytes[from + i]) return false;
  return true;
}
