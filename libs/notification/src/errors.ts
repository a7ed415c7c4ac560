export type NotificationErrorCode =
  | 'TARGET_INVALID'
  | 'TARGET_ADDRESS_FORBIDDEN'
  | 'TARGET_HOST_UNKNOWN'
  | 'TARGET_UNREACHABLE'
  | 'TARGET_TOO_SLOW'
  | 'TARGET_REFUSED';

/** Why a target can't be told: a stable code, a sentence, and the facts. */
export class NotificationError extends Error {
  override readonly name = 'NotificationError';
  constructor(
    readonly code: NotificationErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
