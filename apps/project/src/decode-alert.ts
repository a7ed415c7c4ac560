import { type Alert, decodeEvent, parseTime, topics } from '#libs/events';

export type DecodedAlert =
  | { kind: 'ok'; alert: Alert }
  | { kind: 'unreadable'; code: string; field: string; reason: string };

/** Of PostgreSQL's type `integer`. */
const integerMax = 2_147_483_647;
/** RFC 3339 knows a year 0, PostgreSQL does not. */
const timeMsMin = Date.parse('0001-01-01T00:00:00Z');

/**
 * Reads a record of the topic `alert`, and makes sure that the tables can hold it: one record that can't be stored
 * would otherwise hold up all that follow. Times come out in UTC with milliseconds.
 */
export function decodeAlert(value: Buffer): DecodedAlert {
  const decoded = decodeEvent(value);
  if (decoded.kind === 'reject') return { ...decoded, kind: 'unreadable' };
  if (decoded.type.name !== topics.alert) {
    const reason = `type is ${decoded.type.name}: only alerts belong on this topic`;
    return { kind: 'unreadable', code: 'EVENT_TYPE_UNEXPECTED', field: 'type', reason };
  }
  const alert = decoded.event.data as unknown as Alert;
  const field = integerProblem(alert) ?? nameProblem(alert) ?? normalizeTimes(alert);
  if (!field) return { kind: 'ok', alert };
  return { kind: 'unreadable', code: 'ALERT_NOT_STORABLE', field, reason: `${field} can't be stored` };
}

function integerProblem({ rule, revision, position, evidence }: Alert): string | undefined {
  if (rule.version > integerMax) return 'data.rule.version';
  if (revision > integerMax) return 'data.revision';
  if (position.partition > integerMax) return 'data.position.partition';
  return evidence.some(({ partition }) => partition > integerMax) ? 'data.evidence' : undefined;
}

/** What rows are found by must come back as it went in; other text may lose a NUL. */
function nameProblem({ id, mergedInto, evidence }: Alert): string | undefined {
  const isPlain = (name: string) => /^[\x20-\x7e]+$/.test(name);
  if (!isPlain(id)) return 'data.id';
  if (mergedInto !== null && !isPlain(mergedInto)) return 'data.mergedInto';
  return evidence.every(({ topic }) => isPlain(topic)) ? undefined : 'data.evidence';
}

/** In place: the alert was parsed for us. Returns the field that is no time. */
function normalizeTimes(alert: Alert): string | undefined {
  for (const name of ['firstSeen', 'openedAt', 'lastSeen', 'closedAt'] as const) {
    const text = alert[name];
    if (text === null) continue;
    const time = normalized(text);
    if (time === null) return `data.${name}`;
    alert[name] = time;
  }
  for (const reference of alert.evidence) {
    const time = normalized(reference.time);
    if (time === null) return 'data.evidence';
    reference.time = time;
  }
  return undefined;
}

function normalized(text: string): string | null {
  const timeMs = parseTime(text);
  return timeMs >= timeMsMin ? new Date(timeMs).toISOString() : null;
}
