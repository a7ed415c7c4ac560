/** Which of some names belong together, as pairs of them say. */
export class Unions {
  private readonly parents = new Map<string, string>();

  join(a: string, b: string): void {
    this.parents.set(this.rootOf(a), this.rootOf(b));
  }

  /** The same for all that belong together. */
  rootOf(name: string): string {
    let root = name;
    for (
      let parent = this.parents.get(root);
      parent !== undefined && parent !== root;
      parent = this.parents.get(root)
    ) {
      root = parent;
    }
    if (root !== name) this.parents.set(name, root);
    return root;
  }
}
