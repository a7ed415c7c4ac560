export type Scalar = string | number | boolean;

/** Leaf names of fields that tell who or what it was, the most telling first; any other text comes after them. */
const telling = ['userAgent', 'user', 'client', 'actor', 'sender', 'helo', 'ip', 'host', 'service', 'path', 'method'];
/** They say what became of it, or are text of its own: nobody is known again by them. */
const tellsNothing = new Set([
  'outcome',
  'status',
  'action',
  'level',
  'severity',
  'message',
  'body',
  'raw',
  'query',
  'time',
]);

const depthMax = 4;
const charsMax = 256;

/** Texts that all events have alike, by their paths from the event's root; the most telling first. */
export function sharedTexts(events: readonly Record<string, unknown>[]): Map<string, string> {
  const [first, ...others] = events.map(({ data }) => textsBelow(data, 'data', 1));
  const shared = [...(first ?? [])].filter(([path, text]) => others.every((texts) => texts.get(path) === text));
  const rank = ([path]: readonly [string, string]) => {
    const at = telling.indexOf(path.slice(path.lastIndexOf('.') + 1));
    return at < 0 ? telling.length : at;
  };
  return new Map(shared.sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1)));
}

function textsBelow(value: unknown, at: string, depth: number): Map<string, string> {
  const texts = new Map<string, string>();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return texts;
  for (const [key, inner] of Object.entries(value)) {
    // Rules name fields with dots and modifiers.
    if (/[.|]/.test(key) || tellsNothing.has(key)) continue;
    const path = `${at}.${key}`;
    if (typeof inner === 'string') {
      if (inner.length <= charsMax && /^[^\p{Cc}]+$/u.test(inner)) texts.set(path, inner);
    } else if (depth < depthMax) for (const [deep, text] of textsBelow(inner, path, depth + 1)) texts.set(deep, text);
  }
  return texts;
}

/** What an event has at a path. */
export function valueAt(event: unknown, path: string): Scalar | undefined {
  const value = path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null)?.[key], event);
  return ['string', 'number', 'boolean'].includes(typeof value) ? (value as Scalar) : undefined;
}
