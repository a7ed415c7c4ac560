export type LogErrorCode =
  | 'LOG_TOPIC_UNKNOWN'
  | 'LOG_TOPIC_INVALID'
  | 'LOG_RECORD_TOO_LARGE'
  | 'LOG_RECORD_INVALID'
  | 'LOG_PARTITION_UNKNOWN'
  | 'LOG_UNAVAILABLE'
  | 'LOG_BUSY'
  | 'LOG_LOCKED'
  | 'LOG_OFFSET_EXPIRED'
  | 'LOG_OFFSET_BEYOND'
  | 'LOG_CORRUPT'
  | 'LOG_GROUP_ACTIVE'
  | 'LOG_NOT_A_COPY'
  | 'LOG_NOT_OWNED';

/** What went wrong with the log: a stable code, a sentence with what to do, and the facts. */
export class LogError extends Error {
  override readonly name = 'LogError';
  constructor(
    readonly code: LogErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
