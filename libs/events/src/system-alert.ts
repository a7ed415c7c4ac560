import { createHash } from 'node:crypto';
import { type CloudEvent, encodeEvent } from './cloud-event.js';
import { type Alert, alert as alertType } from './types/alert.js';

/** An alert that no window counted: one of Weir itself, or one that was received. Times are milliseconds. */
export interface SystemAlert {
  rule: Pick<Alert['rule'], 'id' | 'name' | 'title'> & Partial<Alert['rule']>;
  /** What tells this time from others of the same rule and group: the same alert gets the same id. */
  episode: string;
  severity: Alert['severity'];
  group: Readonly<Record<string, string>>;
  openedAt: number;
  lastSeen: number;
  /** Null: it is open. */
  closedAt: number | null;
  events: number;
  /** A later one replaces an earlier one, whichever comes first. */
  order: number;
  endsAt?: number;
}

/** How the ids of rules of received alerts begin, and of Weir's own. */
export const receivedPrefix = 'prometheus:';
const ownPrefix = 'weir-';

export const uncountedPrefixes: readonly string[] = [ownPrefix, receivedPrefix];

/**
 * Whether alerts of this rule are counted by windows: an audit of what these counted knows nothing of others, and no others discount votes or demote
 * people. A sender chooses the name of what it sends, which may be that of a rule, but not how its id begins.
 */
export const isCounted = (ruleId: string): boolean => !uncountedPrefixes.some((prefix) => ruleId.startsWith(prefix));

/** The event that tells of it, for the topic `alert`. */
export function systemAlert(made: SystemAlert, source = '/weir'): CloudEvent<Alert> {
  const { rule, group, episode, severity, closedAt, events, order, endsAt } = made;
  const identity = JSON.stringify([rule.id, Object.entries(group).toSorted(([a], [b]) => (a < b ? -1 : 1)), episode]);
  const id = createHash('sha256').update(identity).digest().subarray(0, 12).toString('base64url');
  const openedAt = iso(made.openedAt);
  return {
    specversion: '1.0',
    id: `${id}/${order}`,
    source,
    type: 'alert',
    subject: id,
    time: iso(made.lastSeen),
    data: {
      id,
      rule: { version: 1, owner: null, runbook: null, ...rule },
      severity,
      state: closedAt === null ? 'open' : 'closed',
      mergedInto: null,
      group: { ...group },
      timespan: '0s',
      condition: {},
      firstSeen: openedAt,
      openedAt,
      lastSeen: iso(made.lastSeen),
      closedAt: closedAt === null ? null : iso(closedAt),
      value: events,
      peak: events,
      events,
      expected: null,
      shadow: false,
      ...(endsAt !== undefined && { endsAt: iso(endsAt) }),
      revision: closedAt === null ? 1 : 2,
      position: { partition: 0, offset: order },
      evidence: [],
    },
  };
}

/** The record of an alert event, as the log takes it. */
export function alertRecord(event: CloudEvent<Alert>): { key: Buffer; time: number; value: Buffer } {
  const key = Buffer.from(alertType.key(event.data as unknown as Record<string, unknown>));
  return { key, time: Date.parse(event.time), value: encodeEvent(event) };
}

const iso = (ms: number): string => new Date(ms).toISOString();
