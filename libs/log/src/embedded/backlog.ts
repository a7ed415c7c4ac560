import { LogError } from '../errors.js';

/** Counts the bytes that wait for the disk, all topics together, and says when there are too many. */
export class Backlog {
  #bytes = 0;

  constructor(private readonly bytesMax: number) {}

  /** Counts the bytes in; or returns the error with which to turn them away. */
  enter(bytes: number): LogError | undefined {
    if (this.#bytes + bytes > this.bytesMax) {
      const facts = { waitingBytes: this.#bytes, waitingBytesMax: this.bytesMax };
      return new LogError('LOG_BUSY', 'Too many bytes wait for the disk. Try again in a moment.', facts);
    }
    this.#bytes += bytes;
    return undefined;
  }

  leave(bytes: number): void {
    this.#bytes -= bytes;
  }
}
