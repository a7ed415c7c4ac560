import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { CommandError } from '../errors.js';
import type { Bookmark, Bookmarks } from './bookmarks.js';
import { type Chunk, chunksOf, halvesOf } from './chunks.js';
import { type FeedPorts, feed } from './feed.js';
import { changed } from './follow.js';
import { InputFile } from './input.js';
import type { Progress } from './progress.js';
import { contentTypeOf, cutOf, type Reading, readingName } from './reading.js';
import type { Answer, Sender } from './sender.js';
import { newestTime, shiftedEvents } from './shift.js';
import { withYears } from './years.js';

export interface IngestPorts {
  sender: Sender;
  bookmarks: Bookmarks;
  progress: Progress;
  totals: FeedPorts['totals'];
  /** Aborts when a person or the system asks to stop. */
  signal: AbortSignal;
  /** The time that `--shift-to-now` moves the newest event to, ms. */
  now: number;
}

/** Feeds files to a running Weir, each from where it stopped the last time. */
export class Ingest {
  private readonly run = randomUUID();

  constructor(
    private readonly reading: Reading,
    private readonly ports: IngestPorts,
  ) {}

  /** Everything that is in the file now. */
  async file(name: string): Promise<void> {
    const input = await InputFile.open(name);
    try {
      const before = this.ports.totals.bytes;
      const bookmark = await this.read(input, true);
      if (bookmark && this.ports.totals.bytes === before) {
        this.ports.progress.say(`${name}: nothing new since it was fed up to byte ${bookmark.position}.`);
      }
    } finally {
      await input.close();
    }
  }

  /** Everything in the file, and what is written to it until told to stop; also when it is cut or replaced. */
  async follow(name: string): Promise<void> {
    const { signal } = this.ports;
    let input = await InputFile.open(name);
    try {
      while (!signal.aborted) {
        await this.read(input, false);
        await changed(name, signal);
        const there = await stat(name).catch(() => null);
        if (!there || (await input.look()).inode === `${there.dev}:${there.ino}`) continue;
        await this.read(input, true); // what was written to the old file before the new one took its place
        await input.close();
        input = await InputFile.open(name);
      }
    } finally {
      await input.close();
    }
  }

  /** A stream that can't be told from another one, such as stdin: ids are as Weir makes them, nothing is resumed. */
  async stream(source: AsyncIterable<Buffer>): Promise<void> {
    const nowhere = { fingerprint: '', reading: '', file: 'stdin', inode: '', prefixBytes: 0, prefixHash: '' };
    const bookmark = { ...nowhere, position: 0, lines: 0, season: null, shift: null };
    const bookmarks = { save: async () => {} };
    await this.feed(source, bookmark, true, bookmarks);
  }

  private async read(input: InputFile, toEnd: boolean): Promise<Bookmark | null> {
    const look = await input.look();
    if (look.head.length === 0) return null;
    const { bookmarks, progress, now } = this.ports;
    const bookmark = await bookmarks.find(input.name, readingName(this.reading), look);
    if (this.reading.shiftToNow && bookmark.shift === null) {
      const shift = { ms: 0, to: now };
      const newest = await newestTime(input.from(0), this.reading, { ...bookmark, shift });
      if (newest === null) return null;
      bookmark.shift = { ms: now - newest, to: now };
      await bookmarks.save(bookmark); // whoever goes on after a crash must move by just as much
    }
    progress.reading(input);
    return this.feed(input.from(bookmark.position), bookmark, toEnd, bookmarks);
  }

  private feed(source: AsyncIterable<Buffer>, bookmark: Bookmark, toEnd: boolean, bookmarks: Pick<Bookmarks, 'save'>) {
    const { position, lines, season } = bookmark;
    const { year } = this.reading;
    const chunks = chunksOf(source, { position, lines, cut: cutOf(this.reading), toEnd });
    const { totals, progress } = this.ports;
    return feed(year ? withYears(chunks, season ?? { year, month: 0 }) : chunks, bookmark, {
      bookmarks,
      totals,
      rejected: (line) => progress.rejected(line),
      send: (chunk) => this.send(chunk, bookmark),
    });
  }

  private async send(chunk: Chunk, bookmark: Bookmark): Promise<Answer> {
    const contentType = contentTypeOf(this.reading);
    if (this.reading.shiftToNow) {
      const { body, rejected } = await shiftedEvents(chunk, this.reading, bookmark);
      if (body.length === 0) return { accepted: 0, rejected };
      const answer = await this.ports.sender.send('/api/v1/ingest/ndjson', { body, contentType });
      return { accepted: answer.accepted, rejected: [...rejected, ...answer.rejected] };
    }
    // A stream's ids follow from the run and the place in it, so that a repeated request counts once.
    const idempotencyKey = bookmark.fingerprint ? undefined : `${this.run}-${chunk.position}`;
    try {
      const sending = { body: chunk.bytes, contentType, idempotencyKey };
      return await this.ports.sender.send(this.path(chunk, bookmark), sending);
    } catch (error) {
      if (!(error instanceof CommandError) || error.facts.status !== 413) throw error;
      return this.sendInHalves(chunk, bookmark, error);
    }
  }

  /** More than Weir takes at once: many tiny lines, or one that is huge and that nobody takes. */
  private async sendInHalves(chunk: Chunk, bookmark: Bookmark, refusal: CommandError): Promise<Answer> {
    const halves = halvesOf(chunk, cutOf(this.reading));
    if (!halves) return { accepted: 0, rejected: [{ index: 0, reason: refusal.message }] };
    const [first, second] = halves;
    const before = await this.send(first, bookmark);
    const after = await this.send(second, bookmark);
    const moved = after.rejected.map(({ index, reason }) => ({ index: index + first.lines, reason }));
    return { accepted: before.accepted + after.accepted, rejected: [...before.rejected, ...moved] };
  }

  private path(chunk: Chunk, bookmark: Bookmark): string {
    const { stream, type, zone } = this.reading;
    const query = new URLSearchParams();
    if (bookmark.fingerprint) {
      query.set('source', `file:${bookmark.fingerprint}`);
      query.set('position', String(chunk.position));
    }
    if (type) query.set('type', type);
    if (chunk.year) query.set('year', String(chunk.year));
    if (zone) query.set('zone', zone);
    return `/api/v1/ingest/${encodeURIComponent(stream)}?${query}`;
  }
}
