import { rm } from 'node:fs/promises';
import { LogError } from '../errors.js';
import type { Appended, LogRecord } from '../log.js';
import type { Backlog } from './backlog.js';
import { type DataFile, syncFolder } from './files.js';
import { Group } from './group.js';
import { writeIndex } from './index-file.js';
import type { Journal } from './journal.js';
import { isTooOld, removeSegments, segmentIsFull, takeExpired } from './retention.js';
import { Segment } from './segment.js';

/** An append that waits for the disk. */
interface Waiting {
  records: readonly LogRecord[];
  partitions: Int32Array;
  offsets: Float64Array;
  bytes: number;
  resolve(appended: Appended): void;
  reject(error: LogError): void;
}

/** The index file of the segment being written is renewed after this many bytes: what a start after a crash scans. */
const indexEveryBytes = 16 * 1024 * 1024;

/**
 * Writes a journal by group commit: everything that waits shares one write and one sync, and the next group gathers
 * meanwhile. Only then is it readable and acknowledged.
 *
 * After a failed write or sync the group is rejected and the file distrusted: before the next group it is opened anew
 * and cut back to what is durable. (After a failed fsync the kernel may call pages clean that never reached the disk;
 * cutting them off and writing new ones does not depend on them.)
 */
export class JournalWriter {
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #file: DataFile | undefined;
  #segment: Segment | undefined;
  #distrusted = false;
  #rollNext = false;
  #indexedBytes = 0;
  #background = Promise.resolve();

  /** `sealLast`: the last segment takes no more frames. */
  constructor(
    private readonly journal: Journal,
    private readonly backlog: Backlog,
    sealLast: boolean,
  ) {
    if (!sealLast) this.#segment = journal.segments.at(-1);
    this.#indexedBytes = this.#segment?.bytes ?? 0;
    // A file that was open when the last process died is opened and cut like one whose write failed.
    this.#distrusted = true;
  }

  /** Resolves when the records are durable. `partitions` says where each goes, `bytes` how much they take. */
  append(records: readonly LogRecord[], partitions: Int32Array, bytes: number): Promise<Appended> {
    const busy = this.backlog.enter(bytes);
    if (busy) return Promise.reject(busy);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, partitions, offsets: new Float64Array(records.length), bytes, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** The next group begins a new segment. */
  roll(): void {
    this.#rollNext = true;
  }

  async #flush(): Promise<void> {
    // The turn of the event loop that brought one append usually brings more.
    await turn();
    while (this.#waiting.length > 0) {
      const group = this.#take();
      let failure: LogError | undefined;
      try {
        await this.#commit(group);
        this.#tidy();
      } catch (error) {
        this.#distrusted = true;
        failure = this.#unavailable(error);
      }
      for (const each of group) {
        this.backlog.leave(each.bytes);
        if (failure) each.reject(failure);
        else each.resolve({ partitions: each.partitions, offsets: each.offsets });
      }
      // Whoever waited for this group now appends again: their appends share the next one.
      await turn();
    }
    this.#flushing = undefined;
  }

  /** The oldest waiting appends that fit into one group; at least one. */
  #take(): Waiting[] {
    const { groupBytesMax } = this.journal.limits;
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length) {
      bytes += this.#waiting[count].bytes;
      if (count > 0 && bytes > groupBytesMax) break;
      count++;
    }
    if (count === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(waiting: readonly Waiting[]): Promise<void> {
    const { journal } = this;
    const ticket = journal.order.begin();
    try {
      const group = new Group(journal.next, journal.settings.codec);
      for (const each of waiting) group.add(each.records, each.partitions, each.offsets);
      const { segment, file } = await this.#ready(ticket.recordedAt, waiting);
      const { recordedAt } = ticket;
      const { chunk, frames } = group.encode({ salt: segment.salt, position: segment.bytes, recordedAt });
      await file.write(chunk.bytes, segment.bytes);
      await file.sync();
      if (segment !== journal.segments.at(-1)) await syncFolder(journal.settings.folder);
      await journal.order.turn(ticket);
      journal.publish(segment, frames);
    } finally {
      ticket.settle();
    }
  }

  /** The segment and file that the next group goes to. */
  async #ready(recordedAt: number, waiting: readonly Waiting[]): Promise<{ segment: Segment; file: DataFile }> {
    if (this.#distrusted) await this.#reopen();
    let bytes = 0;
    for (const each of waiting) bytes += each.bytes;
    if (this.#segment && (this.#rollNext || segmentIsFull(this.journal, this.#segment, bytes, recordedAt))) {
      await this.#seal();
    }
    if (!this.#segment || !this.#file) return this.#begin();
    return { segment: this.#segment, file: this.#file };
  }

  async #begin(): Promise<{ segment: Segment; file: DataFile }> {
    const { settings, segments, next, limits } = this.journal;
    const segment = Segment.begin(settings.folder, (segments.at(-1)?.number ?? 0) + 1, next);
    const header = segment.header(settings.options);
    const file = await limits.openFile(segment.path, 'create');
    this.#file = file;
    this.#segment = segment;
    this.#indexedBytes = 0;
    this.#rollNext = false;
    await file.write(header.bytes, 0);
    segment.bytes = header.bytes.length;
    return { segment, file };
  }

  /** The segment takes no more frames; its index goes to its file. */
  async #seal(): Promise<void> {
    const segment = this.#segment as Segment;
    this.journal.closeTail();
    this.#index(segment, true);
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
    this.#segment = undefined;
  }

  /** Back to what is known to be durable, with a new descriptor. */
  async #reopen(): Promise<void> {
    const segment = this.#segment;
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
    if (segment && segment !== this.journal.segments.at(-1)) {
      // Its first group failed: the segment never came to be. Its number is used again, so no index of it may stay.
      this.#segment = undefined;
      for (const path of [segment.indexPath, segment.path]) await rm(path, { force: true });
    } else if (segment) {
      const file = await this.journal.limits.openFile(segment.path, 'write');
      this.#file = file;
      await file.truncate(segment.bytes);
      await file.sync();
    }
    this.#distrusted = false;
  }

  /** Writes the index in the background. It is derived: without it, the next start scans what the one before lacks. */
  #index(segment: Segment, sealed = false): void {
    this.#indexedBytes = segment.bytes;
    this.#background = this.#background.then(async () => {
      try {
        await writeIndex(this.journal.limits.openFile, segment);
        if (sealed) segment.blocks = undefined;
      } catch {
        // Kept in memory, and completed from the segment at the next start.
      }
    });
  }

  #tidy(): void {
    const segment = this.#segment as Segment;
    if (segment.bytes - this.#indexedBytes >= indexEveryBytes) this.#index(segment);
    this.#expire(segment.recordedLast);
  }

  /** Deletes what retention lets go of: out of sight of readers at once, off the disk behind the index files. */
  #expire(now: number): void {
    const expired = takeExpired(this.journal, now);
    if (expired.length > 0) this.#background = this.#background.then(() => removeSegments(expired));
  }

  /**
   * Lets go of what is too old by now though nothing is appended. Where that is all there is, an empty segment takes
   * its place, which keeps the offsets that were given out.
   */
  expire(now: number): void {
    const [oldest] = this.journal.segments;
    if (!oldest || !isTooOld(this.journal, oldest, now)) return;
    // An append that is under way lets go of the same: its own segment is not too old.
    this.#flushing ??= this.#expireIdle(now).then(() => this.#flush());
  }

  async #expireIdle(now: number): Promise<void> {
    const last = this.journal.segments.at(-1) as Segment;
    try {
      if (isTooOld(this.journal, last, now)) await this.#beginEmpty();
    } catch {
      // No room for it, say: tried again the next time.
      this.#distrusted = true;
    }
    this.#expire(now);
  }

  /** The journal goes on in a new segment, which is durable without a frame. */
  async #beginEmpty(): Promise<void> {
    if (this.#distrusted) await this.#reopen();
    if (this.#segment) await this.#seal();
    const { segment, file } = await this.#begin();
    await file.sync();
    // Offsets hang on this one header until there are frames; and with the index the folder is synced.
    await writeIndex(this.journal.limits.openFile, segment);
    this.journal.publish(segment, []);
  }

  /** Deletes all segments but the last. */
  async dropSealed(): Promise<void> {
    const { segments } = this.journal;
    const sealed = segments.splice(0, segments.length - 1);
    this.#background = this.#background.then(() => removeSegments(sealed));
    await this.#background;
  }

  /** Waits for what was appended, writes the index and closes the file. */
  async close(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    // What a failed group left in the file shall not turn up at the next start.
    if (this.#distrusted && this.#file) await this.#reopen().catch(() => {});
    this.journal.closeTail();
    const segment = this.#segment;
    if (segment && segment === this.journal.segments.at(-1)) this.#index(segment);
    await this.#background;
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
  }

  #unavailable(cause: unknown): LogError {
    const { name, folder } = this.journal.settings;
    const { code = 'unknown', message } = cause as NodeJS.ErrnoException;
    const what =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? `There is no room on the disk for ${name}. Free space where ${folder} lies; the next append tries again.`
        : `Writing ${name} to the disk failed (${message}). Nothing of it was acknowledged; the next append tries again.`;
    return new LogError('LOG_UNAVAILABLE', what, { topic: name, reason: code }, { cause });
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
