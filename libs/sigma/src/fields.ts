const networkOf = '$network:';

/** Stands for the network of the address at a path, which whoever reads events works out. No field has such a path. */
export const networkPath = (path: string): string => `${networkOf}${path}`;

/** The path of the address whose network a path stands for; undefined: it leads to a field. */
export const addressPath = (path: string): string | undefined =>
  path.startsWith(networkOf) ? path.slice(networkOf.length) : undefined;

/**
 * Dotted paths from the event's root (`type`, `source`, `data.ip`, `data.object.id`) to dense slot numbers, shared by
 * all rules of a set, so that one reading of an event serves every rule.
 */
export class FieldTable {
  readonly #slots = new Map<string, number>();
  readonly #paths: string[] = [];

  /** The slot of a path: the same path always has the same slot, a new path gets the next free one. */
  slot(path: string): number {
    let slot = this.#slots.get(path);
    if (slot === undefined) {
      const address = addressPath(path);
      if (address !== undefined) this.slot(address);
      slot = this.#paths.length;
      this.#slots.set(path, slot);
      this.#paths.push(path);
    }
    return slot;
  }

  /** Paths by slot. */
  get paths(): readonly string[] {
    return this.#paths;
  }
}
