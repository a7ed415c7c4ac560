import type { IncomingHttpHeaders } from 'node:http';
import type { Reject } from '#libs/parsers';
import { parseJson } from '../json.js';

/**
 * A CloudEvent in binary mode (CloudEvents HTTP binding 1.0.2, 3.1): attributes in `ce-*` headers, the body is `data`.
 * The event is not checked yet.
 */
export function binaryEvent(headers: IncomingHttpHeaders, body: Buffer): { kind: 'event'; event: object } | Reject {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('ce-') || typeof value !== 'string') continue;
    const attribute = name.slice('ce-'.length);
    try {
      event[attribute] = decodeURIComponent(unquoted(value));
    } catch {
      const reason = `${attribute} is not percent-encoded UTF-8: write a literal % as %25`;
      return { kind: 'reject', code: 'EVENT_ATTRIBUTE_INVALID', field: attribute, reason };
    }
  }
  if (body.length > 0) event.data = parseJson(body);
  return { kind: 'event', event };
}

export function isBinaryMode(headers: IncomingHttpHeaders): boolean {
  return headers['ce-specversion'] !== undefined || headers['ce-type'] !== undefined;
}

/** Older senders quote values (RFC 7230, 3.2.6). */
function unquoted(value: string): string {
  return /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}
