import { decodeMatches, IdentitySet } from '#libs/detection';
import type { LogRecord } from '#libs/log';

/** Groups told apart at most, all rules together: about 32 bytes each. */
const groupsSeenMax = 1_000_000;

interface Seen {
  events: number;
  groups: number;
  isAtLeast: boolean;
  known: IdentitySet;
}

/** How many events rules count, and of how many groups, by the rules' hashes. */
export class SeenGroups {
  private readonly byHash: ReadonlyMap<number, Seen>;
  private groups = 0;

  constructor(
    private readonly fromMs: number,
    hashes: Iterable<number>,
  ) {
    this.byHash = new Map(
      [...hashes].map((hash) => {
        // A group is seen once and for all.
        const known = new IdentitySet(Number.POSITIVE_INFINITY, groupsSeenMax);
        return [hash, { events: 0, groups: 0, isAtLeast: false, known }];
      }),
    );
  }

  /** Records for `weir.matches`. */
  note(records: readonly LogRecord[]): void {
    for (const { value } of records) {
      for (const { rule, count, times, groupLo, groupHi } of decodeMatches(value)?.hits ?? []) {
        const seen = this.byHash.get(rule);
        if (seen === undefined) continue;
        for (let i = 0; i < count; i++) {
          if (times[i] < this.fromMs) continue;
          seen.events++;
          this.add(seen, groupLo[i], groupHi[i]);
        }
      }
    }
  }

  of(hashes: readonly number[]): { events: number; seen: number; isAtLeast: boolean } {
    const all = hashes.flatMap((hash) => this.byHash.get(hash) ?? []);
    return {
      events: all.reduce((sum, { events }) => sum + events, 0),
      seen: all.reduce((sum, { groups }) => sum + groups, 0),
      isAtLeast: all.some(({ isAtLeast }) => isAtLeast),
    };
  }

  private add(seen: Seen, lo: number, hi: number): void {
    if (seen.isAtLeast || !seen.known.add(lo, hi, 0, 0)) return;
    if (this.groups < groupsSeenMax) {
      seen.groups++;
      this.groups++;
    } else seen.isAtLeast = true;
  }
}
