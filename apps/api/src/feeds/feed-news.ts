import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { type FeedTurn, feedTurn, newsFor } from '#libs/storage';
import { DATABASE } from '../../../platform/src/index.js';

interface Reader {
  user: string;
  /** As far as they know. */
  stands: FeedTurn;
  wake(): void;
  fail(error: unknown): void;
}

/** Wakes those who wait for news of their feeds. It is looked once a second for all of them together, and not at all while nobody waits. */
@Injectable()
export class FeedNews {
  static readonly everyMs = 1_000;

  private readonly readers = new Set<Reader>();
  private timer: NodeJS.Timeout | null = null;

  constructor(@Inject(DATABASE) private readonly database: DataSource) {}

  /** `come` resolves when something was projected later than `stands` by somebody whom the user follows. Call `end` once it isn't waited for. */
  wait(user: string, stands: FeedTurn): { come: Promise<void>; end(): void } {
    let reader!: Reader;
    const come = new Promise<void>((wake, fail) => {
      reader = { user, stands, wake, fail };
    });
    // Who ended does not hear of failures.
    come.catch(() => {});
    this.readers.add(reader);
    this.schedule();
    return { come, end: () => this.readers.delete(reader) };
  }

  private schedule(): void {
    if (this.readers.size > 0) this.timer ??= setTimeout(() => this.look(), FeedNews.everyMs).unref();
  }

  private async look(): Promise<void> {
    const readers = [...this.readers];
    try {
      for (const reader of await this.withNews(readers)) this.dismiss(reader).wake();
    } catch (error) {
      for (const reader of readers) this.dismiss(reader).fail(error);
    }
    this.timer = null;
    this.schedule();
  }

  private async withNews(readers: readonly Reader[]): Promise<readonly Reader[]> {
    const now = await feedTurn(this.database);
    if (now === null) return [];
    // After a rebuild all have to know, and after a crash of PostgreSQL that forgot some turns.
    const isOld = ({ stands }: Reader) => stands.generation !== now.generation || stands.turn > now.turn;
    const old = readers.filter(isOld);
    const asked = readers.filter((reader) => !isOld(reader) && reader.stands.turn < now.turn);
    const news = await newsFor(
      this.database,
      asked.map(({ user, stands }) => ({ user, turn: stands.turn })),
    );
    return [...old, ...news.map((i) => asked[i])];
  }

  private dismiss(reader: Reader): Reader {
    this.readers.delete(reader);
    return reader;
  }
}
