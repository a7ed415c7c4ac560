/** What a record on `weir.dead-letters` holds, as JSON: input that could not be read as an event. */
export interface DeadLetter {
  /** What is wrong and what to do about it. */
  reason: string;
  code: string;
  /** The field at fault, such as `data.ip`. */
  field?: string;
  origin: DeadLetterOrigin;
  /** RFC 3339. */
  receivedAt: string;
  /** The input as it came, base64. */
  bytes: string;
}

/** Where the input came from: a sender or a file, or a record of a topic. */
export interface DeadLetterOrigin {
  address?: string;
  file?: string;
  /** The parser it was sent to. */
  stream?: string;
  /** Position within a batch, from 0. */
  index?: number;
  /** Line of a file, from 1. */
  line?: number;
  topic?: string;
  partition?: number;
  offset?: number;
}
