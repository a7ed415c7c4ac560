import { guardRule } from '#libs/blocking';
import { alertRecord, systemAlert } from '#libs/events';
import type { LogRecord } from '#libs/log';
import type { GuardBite } from '#libs/storage';

const MINUTE_MS = 60_000;

const titles: Readonly<Record<GuardBite['reason'], string>> = {
  rate: 'A rule would block more in a minute than it may',
  own: 'A rule would block networks of your own',
  wide: 'A rule would block too wide a range',
  value: 'A rule would block what its group does not hold',
  many: 'A rule would block more countries, providers or others than it may',
};

/**
 * The alert of a minute in which the guard bit. What it is called follows from rule, reason and minute, and a later one has
 * refused more: written twice, it is the same.
 */
export function guardAlert(bite: GuardBite, isClosed: boolean): LogRecord {
  const { ruleId, ruleName, reason, minute, firstAt, lastAt, refused } = bite;
  const event = systemAlert(
    {
      rule: { id: guardRule, name: guardRule, title: titles[reason] },
      episode: `${ruleId} ${minute}`,
      severity: 'high',
      group: { rule: ruleName, reason },
      openedAt: firstAt,
      lastSeen: lastAt,
      closedAt: isClosed ? minute + MINUTE_MS : null,
      events: refused,
      order: refused * 2 + (isClosed ? 1 : 0),
    },
    '/weir/guard',
  );
  return alertRecord(event);
}
