import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import { fairShares, Z95 } from '#libs/ranking';
import { readTrending, type TrendingEntry } from '#libs/storage';
import { CLOCK, DATABASE } from '../../../platform/src/index.js';
import { Kept } from './kept.js';
import { type Trending, type TrendingMode, type Window, windows } from './trending.js';

/** What trends across contests: read once a second at most for all who ask, by window and mode. */
@Injectable()
export class Trends {
  static readonly keptMs = 1_000;
  /** As many as the longest list. */
  static readonly entriesMax = 100;
  /** Every window with each mode, and with none. */
  static readonly listsMax = 9;

  private readonly kept = new Kept<TrendingEntry[]>(Trends.listsMax);

  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async now(window: Window, mode: TrendingMode | null, limit: number): Promise<Trending> {
    const entries = await this.entries(window, mode);
    const { listed, heldBack, contestMax, actorMax } = fairShares(entries, limit);
    return {
      window,
      type: mode,
      items: listed.map(({ contest, contestTitle, entry, title, actor, weight, squares }, i) => ({
        rank: i + 1,
        contest: { id: contest, title: contestTitle },
        entry,
        title,
        actor,
        score: weight,
        low: weight - Z95 * Math.sqrt(squares),
        high: weight + Z95 * Math.sqrt(squares),
      })),
      shares: { contest: contestMax, actor: actorMax },
      heldBack,
    };
  }

  private entries(window: Window, mode: TrendingMode | null): Promise<TrendingEntry[]> {
    const read = () =>
      readTrending(this.database, {
        halfLife: windows[window],
        now: this.clock.now(),
        mode,
        entriesMax: Trends.entriesMax,
      });
    return this.kept.get(`${window} ${mode}`, async () => '', read, Trends.keptMs);
  }
}
