import type { NumberSet, Numbers } from './number-set.js';

/** Texts that others begin or end with, character by character from that edge inwards. */
export class EdgeTrie {
  private readonly root = new TrieNode();

  constructor(
    private readonly atEnd: boolean,
    edges: ReadonlyMap<string, Numbers>,
  ) {
    for (const [edge, opens] of edges) {
      let node = this.root;
      for (let i = 0; i < edge.length; i++) node = node.make(edge.charCodeAt(atEnd ? edge.length - 1 - i : i));
      node.opens = opens;
    }
  }

  /** Adds what every edge that the text has stands for. */
  look(text: string, found: NumberSet): void {
    let node: TrieNode | undefined = this.root;
    for (let i = 0; i < text.length; i++) {
      node = node.next.get(text.charCodeAt(this.atEnd ? text.length - 1 - i : i));
      if (node === undefined) return;
      if (node.opens !== undefined) found.add(node.opens);
    }
  }
}

class TrieNode {
  readonly next = new Map<number, TrieNode>();
  opens: Numbers | undefined;

  make(code: number): TrieNode {
    let node = this.next.get(code);
    if (node === undefined) {
      node = new TrieNode();
      this.next.set(code, node);
    }
    return node;
  }
}
