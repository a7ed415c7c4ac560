import { HttpException } from '@nestjs/common';
import { Problem } from './problem.js';

interface Meaning {
  status: number;
  /** Takes the place of the error's own code. */
  code?: string;
  /** Takes the place of the error's own sentence. */
  detail?: string | ((facts: Readonly<Record<string, unknown>>) => string);
  retryAfterSeconds?: number;
}

/**
 * What the errors of libraries mean over HTTP, by their code. An error with a code that is not listed here is a defect
 * and answers 500.
 */
const MEANINGS: Record<string, Meaning> = {
  // The log.
  LOG_BUSY: { status: 429, retryAfterSeconds: 1 },
  LOG_UNAVAILABLE: { status: 503, retryAfterSeconds: 5 },
  LOG_LOCKED: { status: 503, retryAfterSeconds: 5 },
  LOG_TOPIC_UNKNOWN: {
    status: 404,
    detail: ({ topic }) => `There is no topic ${topic}. \`weir topics\`, or GET /api/v1/topics, lists them.`,
  },
  LOG_PARTITION_UNKNOWN: { status: 404 },
  LOG_TOPIC_INVALID: { status: 400 },
  LOG_RECORD_TOO_LARGE: { status: 413 },
  LOG_OFFSET_EXPIRED: { status: 410 },
  LOG_OFFSET_BEYOND: { status: 416 },
  LOG_GROUP_ACTIVE: { status: 409 },
  LOG_CORRUPT: { status: 500 },
  // PostgreSQL.
  DATABASE_UNREACHABLE: { status: 503, retryAfterSeconds: 5 },
  TABLES_BUSY: { status: 503, retryAfterSeconds: 10 },
  CURSOR_INVALID: { status: 400 },
  RULE_CHANGED: { status: 412 },
  ALERT_CHANGED: { status: 412 },
  CONTEST_CHANGED: { status: 412 },
  CONTEST_EXISTS: { status: 409 },
  ALERT_MERGED: { status: 409 },
  SELECTION_TOO_LARGE: { status: 422 },
  IDEMPOTENCY_KEY_REUSED: { status: 422 },
  REQUEST_DONE: { status: 409 },
  // Trying rules.
  BACKTEST_RULE_UNKNOWN: { status: 422 },
  BACKTEST_NO_LIMIT: { status: 422 },
  EXCEPTION_NEEDLESS: { status: 409 },
  EXCEPTION_IMPOSSIBLE: { status: 409 },
  WEBHOOK_CHANGED: { status: 412 },
  WEBHOOKS_TOO_MANY: { status: 409 },
  // Targets of notifications.
  TARGET_INVALID: { status: 422 },
  TARGET_ADDRESS_FORBIDDEN: { status: 422 },
  TARGET_HOST_UNKNOWN: { status: 422 },
  // Signing in.
  SIGN_IN_PROVIDER_FAILED: { status: 502 },
  SIGN_IN_REFUSED: { status: 403 },
  SIGN_IN_STATE_WRONG: { status: 403 },
  SIGN_IN_TOKEN_INVALID: { status: 403 },
  SIGN_IN_NO_ROLE: { status: 403 },
  // Reading the request.
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'BODY_TOO_LARGE',
    detail: 'The body is larger than is taken here; send it in parts.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, code: 'JSON_MALFORMED' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: 'JSON_MALFORMED' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, code: 'BODY_INCOMPLETE' },
  FST_ERR_BAD_URL: { status: 400, code: 'URL_MALFORMED' },
  FST_ERR_MAX_PARAM_LENGTH: { status: 414, code: 'URL_TOO_LONG' },
};

const CODES: Record<number, string> = {
  400: 'REQUEST_MALFORMED',
  401: 'KEY_MISSING',
  403: 'SCOPE_MISSING',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  406: 'NOT_ACCEPTABLE',
  409: 'CONFLICT',
  410: 'GONE',
  412: 'PRECONDITION_FAILED',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  422: 'UNPROCESSABLE',
  429: 'BUSY',
  503: 'UNAVAILABLE',
};

/** Any error as the problem it is to the client. What is unknown answers 500 and says nothing of itself. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return new Problem(status, CODES[status] ?? `HTTP_${status}`, error.message);
  }
  const { code, message, facts, statusCode } = (error ?? {}) as Partial<
    Error & { code: string; facts: Record<string, unknown>; statusCode: number }
  >;
  const meaning = typeof code === 'string' ? MEANINGS[code] : undefined;
  if (meaning) {
    const headers: Record<string, string> = meaning.retryAfterSeconds
      ? { 'retry-after': String(meaning.retryAfterSeconds) }
      : {};
    // Facts about our own failure are for our log: they may name files and hosts.
    const members = meaning.status < 500 ? { ...facts } : {};
    const detail =
      typeof meaning.detail === 'function' ? meaning.detail(facts ?? {}) : (meaning.detail ?? message ?? '');
    return new Problem(meaning.status, meaning.code ?? code!, detail, members, headers);
  }
  if (isDatabaseGone(error)) {
    const detail = 'PostgreSQL does not answer; try again soon.';
    return new Problem(503, 'DATABASE_UNREACHABLE', detail, {}, { 'retry-after': '5' });
  }
  if (code?.startsWith('FST_') && statusCode && statusCode < 500) {
    return new Problem(statusCode, CODES[statusCode] ?? `HTTP_${statusCode}`, message ?? '');
  }
  return new Problem(500, 'INTERNAL', 'Weir failed to answer this. Its log has the cause, under this requestId.');
}

/** Whether a query failed because the server went away, or is starting, rather than because of the query. */
function isDatabaseGone(error: unknown): boolean {
  const { code = '', syscall, message = '' } = (error ?? {}) as NodeJS.ErrnoException;
  const refused = syscall === 'connect' || code === 'ECONNRESET' || code === 'EPIPE';
  // Class 08: connection exceptions. 57P01 to 57P03: shutting down, crashed, starting. 57014: cancelled, as it took too
  // long. 53300: too many connections.
  if (refused || /^(08...|57P0[123]|57014|53300)$/.test(code)) return true;
  return /^(Connection terminated|timeout exceeded|Query read timeout)/.test(message);
}
