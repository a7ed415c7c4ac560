import type { Season } from './years.js';

/** A place in a file: bytes, lines before them and, where lines have no year, the season. */
export interface Place {
  position: number;
  lines: number;
  season: Season | null;
}

/** Several requests are under way; a file counts as fed only up to where everything before was acknowledged. */
export class Acknowledged {
  private readonly open: { end: Place; done: boolean }[] = [];

  constructor(private reached: Place) {}

  get place(): Place {
    return this.reached;
  }

  /** Notes that something up to `end` is sent, in file order; call what it gives back once that is acknowledged. */
  sent(end: Place): () => void {
    const entry = { end, done: false };
    this.open.push(entry);
    return () => {
      entry.done = true;
      while (this.open[0]?.done) this.reached = this.open.shift()!.end;
    };
  }
}
