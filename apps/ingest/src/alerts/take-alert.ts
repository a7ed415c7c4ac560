import Type, { type Static } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { type Alert, alertRecord, alert as alertType, parseTime, receivedPrefix, systemAlert } from '#libs/events';
import type { ParsedEvent, Reject } from '#libs/parsers';

const Labels = Type.Record(Type.String(), Type.String());
/** What senders of Alertmanager's API v2 post, as far as it is read. */
const PostedAlert = Type.Object({
  labels: Labels,
  annotations: Type.Optional(Labels),
  startsAt: Type.String(),
  endsAt: Type.Optional(Type.String()),
});

/** How long an alert holds whose sender does not say so: Alertmanager's `resolve_timeout`. */
const holdsMs = 300_000;
/** A sender's word that an alert is over counts more than any that it fires, whichever comes first. */
const overOrder = 2 ** 52;
/** Go's zero time: not set. */
const unset = '0001-01-01T00:00:00Z';
const labelCharsMax = 4_096;

/**
 * An alert of a sender as the event that tells of it. Labels and start name the episode, so that what is sent again and
 * again is one alert; it is over once its end has passed.
 */
export function takeAlert(posted: unknown, receivedAt: number): ({ kind: 'ok' } & ParsedEvent) | Reject {
  if (!Check(PostedAlert, posted)) {
    const [error] = Errors(PostedAlert, posted);
    const missing = (error?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties?.[0];
    const field = missing ?? error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
    return reject(field, missing ? `${missing} is missing` : `${field || 'the alert'} ${error?.message}`);
  }
  const labels = Object.fromEntries(Object.entries(posted.labels).filter(([, value]) => value !== ''));
  const { alertname } = labels;
  if (alertname === undefined) return reject('labels.alertname', 'labels.alertname is missing: it names the alert');
  const long = Object.keys(labels).find((name) => name.length + labels[name].length > labelCharsMax);
  if (long !== undefined) return reject('labels', `a label is longer than ${labelCharsMax} characters`);
  const startsAt = parseTime(posted.startsAt);
  if (Number.isNaN(startsAt) || startsAt < 0) return reject('startsAt', 'startsAt must be an RFC 3339 time');
  const given = posted.endsAt === undefined || posted.endsAt === unset ? null : parseTime(posted.endsAt);
  if (given !== null && Number.isNaN(given)) return reject('endsAt', 'endsAt must be an RFC 3339 time');
  const endsAt = given ?? receivedAt + holdsMs;
  const event = eventOf(posted, { labels, startsAt, endsAt, receivedAt });
  return { kind: 'ok', type: alertType, ...timed(alertRecord(event)) };
}

interface Read {
  labels: Record<string, string>;
  startsAt: number;
  endsAt: number;
  receivedAt: number;
}

function eventOf({ annotations = {} }: Static<typeof PostedAlert>, { labels, startsAt, endsAt, receivedAt }: Read) {
  const { alertname, severity, ...group } = labels;
  const isOver = endsAt <= receivedAt;
  const made = {
    rule: {
      id: `${receivedPrefix}${alertname}`,
      name: alertname,
      title: annotations.summary ?? annotations.title ?? alertname,
      owner: labels.owner ?? labels.team ?? null,
      runbook: annotations.runbook_url ?? null,
    },
    // All labels tell alerts apart, the severity as well.
    episode: `${startsAt} ${severity ?? ''}`,
    severity: severityOf(severity),
    group,
    openedAt: startsAt,
    lastSeen: isOver ? Math.max(startsAt, endsAt) : Math.max(startsAt, receivedAt),
    closedAt: isOver ? Math.max(startsAt, endsAt) : null,
    events: 1,
    order: isOver ? overOrder + receivedAt : receivedAt,
    endsAt,
  };
  return systemAlert(made, '/alertmanager');
}

const severityNames: Readonly<Record<string, Alert['severity']>> = {
  critical: 'critical',
  page: 'critical',
  emergency: 'critical',
  high: 'high',
  error: 'high',
  major: 'high',
  medium: 'medium',
  warning: 'medium',
  warn: 'medium',
  low: 'low',
  minor: 'low',
  info: 'informational',
  informational: 'informational',
  none: 'informational',
};

const severityOf = (label: string | undefined): Alert['severity'] =>
  severityNames[label?.toLowerCase() ?? ''] ?? 'medium';

const timed = ({ key, time, value }: ReturnType<typeof alertRecord>) => ({ key: key.toString(), timeMs: time, value });

const reject = (field: string, reason: string): Reject => ({
  kind: 'reject',
  code: 'EVENT_DATA_INVALID',
  field,
  reason,
});
