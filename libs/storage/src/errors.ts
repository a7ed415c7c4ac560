export type StorageErrorCode =
  | 'POSTGRES_BINARIES_MISSING'
  | 'POSTGRES_USER'
  | 'POSTGRES_DIRECTORY'
  | 'POSTGRES_START_FAILED'
  | 'DATABASE_UNREACHABLE'
  | 'DATABASE_REFUSED'
  | 'DATABASE_FORBIDDEN'
  | 'DATABASE_NEWER'
  | 'DATABASE_FAILED'
  | 'TABLES_BUSY'
  | 'CURSOR_INVALID'
  | 'RULE_CHANGED'
  | 'ALERT_CHANGED'
  | 'ALERT_MERGED'
  | 'SELECTION_TOO_LARGE'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'REQUEST_DONE'
  | 'CONTEST_EXISTS'
  | 'CONTEST_CHANGED'
  | 'WEBHOOK_CHANGED'
  | 'WEBHOOKS_TOO_MANY';

/** What went wrong with PostgreSQL: a stable code, a sentence with what to do, and the facts. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  constructor(
    readonly code: StorageErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
