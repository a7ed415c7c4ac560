import { type NoticedAlert, resendMs, type Transition } from '../target.js';
import { groupText } from '../words.js';
import type { HttpKind } from './kind.js';

const minEndsMs = 300_000;

/**
 * `POST /api/v2/alerts` of Alertmanager. Each alert has its id among its labels, since alerts with the same labels are one
 * to Alertmanager, and one of them closes while another fires. One that fires ends by itself where it is not said again.
 */
export const alertmanager: HttpKind = (target, message, now) => {
  const endsMs = Math.max(minEndsMs, 4 * resendMs(target));
  const alerts = message.transitions.map(({ transition, alert }) => alertOf(transition, alert, now, endsMs));
  // Of one alert the last that is known.
  const newest = new Map(alerts.map((alert) => [alert.labels.weir_alert, alert]));
  const url = new URL(target.settings.url);
  if (!/\/api\/v2\/alerts\/?$/.test(url.pathname)) url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v2/alerts`;
  return { url: url.href, body: JSON.stringify([...newest.values()]), headers: {} };
};

function alertOf(transition: Transition, alert: NoticedAlert, now: number, endsMs: number) {
  const { rule, severity } = alert;
  const isOver = transition === 'closed' || transition === 'merged';
  const endsAt = isOver ? Math.min(Date.parse(alert.closedAt ?? alert.lastSeen), now) : now + endsMs;
  const startsAt = Math.min(Date.parse(alert.openedAt), endsAt, now);
  return {
    labels: {
      ...groupLabels(alert),
      alertname: rule.name,
      severity,
      weir_alert: alert.id,
      ...(rule.owner && { owner: rule.owner }),
    },
    annotations: {
      summary: [rule.title, groupText(alert)].filter(Boolean).join(': '),
      description: `${alert.events} events, peak ${alert.peak} within ${alert.timespan}`,
      ...(rule.runbook && { runbook_url: rule.runbook }),
    },
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
  };
}

/** Names of labels have letters, digits and underscores only. */
function groupLabels({ group }: NoticedAlert): Record<string, string> {
  return Object.fromEntries(
    Object.entries(group).map(([field, value]) => [
      field.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_'),
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
