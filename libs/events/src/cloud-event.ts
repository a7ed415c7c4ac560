/** A CloudEvents 1.0 event in JSON structured mode. `source` and `id` together identify it. */
export interface CloudEvent<Data = Record<string, unknown>> {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  /** RFC 3339: when it happened. */
  time: string;
  subject?: string;
  /** W3C trace context. */
  traceparent?: string;
  data: Data;
  /** Further attributes and CloudEvents extensions; kept. */
  [extension: string]: unknown;
}

/** The event as one line of JSON, without a line feed. */
export function encodeEvent(event: CloudEvent<unknown>): Buffer {
  return Buffer.from(JSON.stringify(event));
}
