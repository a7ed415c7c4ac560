interface One<T> {
  version: string;
  /** How many readings had begun with it. */
  number: number;
  isRead: boolean;
  /** By performance.now(). */
  begunAt: number;
  value: Promise<T>;
}

/** What is read once for all who ask, until its version is another; and one reading of a key at a time, as many as there are who wait. */
export class Kept<T> {
  /** By key, the one that was read longest ago first. */
  private readonly kept = new Map<string, One<T>>();

  private begun = 0;

  /** How many are kept; and for how long after a reading began nobody asks for the version. */
  constructor(
    private readonly most: number,
    private readonly restMs = 0,
  ) {}

  /** `version` changes whenever what is read may have; what changes without that is kept for `lastsMs`. */
  async get(
    key: string,
    version: () => Promise<string>,
    read: () => Promise<T>,
    lastsMs = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    const asked = this.begun;
    for (;;) {
      const resting = this.kept.get(key);
      if (resting && performance.now() - resting.begunAt < this.restMs) return resting.value;
      // Before the reading: what changes in between makes the version too old, never too new.
      const now = await version();
      const one = this.kept.get(key);
      // One that began after we asked knows all that we may.
      if (one && (one.number > asked || (one.version === now && performance.now() - one.begunAt < lastsMs)))
        return one.value;
      if (!one || one.isRead) return this.read(key, now, read);
      await one.value.catch(() => {});
    }
  }

  private async read(key: string, version: string, read: () => Promise<T>): Promise<T> {
    const one: One<T> = { version, number: ++this.begun, isRead: false, begunAt: performance.now(), value: read() };
    this.kept.delete(key);
    this.kept.set(key, one);
    for (const [oldest] of this.kept) {
      if (this.kept.size <= this.most) break;
      this.kept.delete(oldest);
    }
    try {
      return await one.value;
    } catch (error) {
      if (this.kept.get(key) === one) this.kept.delete(key);
      throw error;
    } finally {
      one.isRead = true;
    }
  }
}
