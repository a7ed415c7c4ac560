import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import { compileEntries, type Matchers, matches } from '#libs/silencing';
import { type AlertWire, type DecisionLedger, listAlerts } from '#libs/storage';
import { Alert } from '../alerts/alert.js';
import { Decision, decisionWire } from '../decisions/decision.js';

/** Open alerts that are looked at. */
const alertsMax = 20_000;
const shownMax = 50;
const pageAlerts = 200;

export const AlertsPreview = Type.Object({
  alerts: Type.Integer({ description: 'Open alerts that it would hold back' }),
  looked: Type.Integer({ description: `Open alerts looked at, the newest ${alertsMax} at most` }),
  shown: Type.Array(Alert, { description: 'The newest of them' }),
});
export const DecisionsPreview = Type.Object({
  ...AlertsPreview.properties,
  decisions: Type.Integer({ description: 'Active decisions that it would lift' }),
  lifted: Type.Array(Decision, { description: 'Some of them' }),
});

/** Which open alerts these matchers mean. */
export async function previewAlerts(
  database: DataSource,
  matchers: Matchers,
): Promise<{ alerts: number; looked: number; shown: AlertWire[] }> {
  const found = { alerts: 0, looked: 0, shown: [] as AlertWire[] };
  for (let cursor: string | undefined; ; ) {
    const page = await listAlerts(database, { state: 'open', limit: pageAlerts, cursor });
    for (const alert of page.items) {
      found.looked++;
      if (!matches(matchers, alert)) continue;
      if (found.alerts++ < shownMax) found.shown.push(alert);
    }
    if (page.next === null || found.looked >= alertsMax) return found;
    cursor = page.next;
  }
}

/** And which decisions an entry of the allowlist with them would lift. */
export async function previewDecisions(
  ledger: DecisionLedger,
  matchers: Matchers,
  at: number,
): Promise<Pick<Static<typeof DecisionsPreview>, 'decisions' | 'lifted'>> {
  const book = await ledger.upTo(at);
  const entry = compileEntries([{ matchers }]);
  const lifted = [...book.active(at)].filter(
    ({ decision, network }) => entry.matching(decision.subject, network).length > 0,
  );
  const shown = lifted.slice(0, shownMax);
  return {
    decisions: lifted.length,
    lifted: shown.map(({ decision }) => decisionWire({ decision, state: 'active', allowedBy: [] }, at)),
  };
}
