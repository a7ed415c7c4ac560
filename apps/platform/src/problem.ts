import { STATUS_CODES } from 'node:http';

/**
 * An answer that is not the one asked for, as RFC 9457 describes it. `code` is stable, for programs; `detail` is one
 * sentence with what to do, for people; `members` are further facts of the answer's body.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly members: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }

  /** The `application/problem+json` body; `path` and `requestId` name the request, where there was one. */
  body(path?: string, requestId?: string): Record<string, unknown> {
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      code: this.code,
      detail: this.message,
      instance: path,
      requestId,
      ...this.members,
    };
  }
}
