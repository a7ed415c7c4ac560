interface Sized {
  readonly bytes: number;
}

/** Keeps what was used last, up to a number of bytes. What is being loaded is loaded once. */
export class Cache<T extends Sized> {
  /** In order of use, oldest first. */
  readonly #entries = new Map<string, T>();
  readonly #loading = new Map<string, Promise<T>>();
  #bytes = 0;

  constructor(private readonly bytesMax: number) {}

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  put(key: string, entry: T): void {
    if (this.#entries.has(key)) return;
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#bytes <= this.bytesMax) break;
      this.#entries.delete(oldest);
      this.#bytes -= bytes;
    }
  }

  /** The entry, loaded when it is not here. */
  load(key: string, load: () => Promise<T>): Promise<T> {
    let loading = this.#loading.get(key);
    if (!loading) {
      loading = load()
        .then((entry) => {
          this.put(key, entry);
          return entry;
        })
        .finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }
}
