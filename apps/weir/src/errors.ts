export type CommandErrorCode =
  | 'USAGE'
  | 'NOT_RUNNING'
  | 'KEY_MISSING'
  | 'KEY_REFUSED'
  | 'REQUEST_REFUSED'
  | 'ANSWER_UNREADABLE'
  | 'FILE_UNREADABLE'
  | 'FOLDER_UNUSABLE'
  | 'ADDRESS_UNUSABLE'
  | 'STOPPED'
  | 'DETECTION_ENDED'
  | 'CHECK_FAILED'
  | 'NOT_DELIVERED';

/** What a command ends with when it can't do its work: one sentence with what to do, and the exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly code: CommandErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
  get exitCode(): 1 | 2 {
    return this.code === 'USAGE' ? 2 : 1;
  }
}
