import type { PlantedAttacker } from '../simulate/traffic.js';

/** An alert, as far as the verdict needs it. Times are event times, RFC 3339. */
export interface FoundAlert {
  id: string;
  rule: { name: string };
  severity: string;
  group: Readonly<Record<string, unknown>>;
  openedAt: string;
  lastSeen: string;
  events: number;
}

export interface VerdictRow {
  attacker: string;
  kind: string;
  /** The rules that named it, those meant to first; empty when it was missed. */
  foundBy: string[];
  /** Seconds of event time from its first event to the first alert of a rule that is meant to notice. */
  afterSeconds: number | null;
}

export interface Verdict {
  rows: VerdictRow[];
  missed: number;
  /** Alerts that name nobody who was planted. */
  innocents: FoundAlert[];
}

/** Holds what was planted against the alerts that were seen. */
export function judge(planted: readonly PlantedAttacker[], alerts: readonly FoundAlert[]): Verdict {
  const rows = planted.map((attacker) =>
    rowOf(
      attacker,
      alerts.filter((alert) => names(alert, attacker)),
    ),
  );
  const innocents = alerts.filter((alert) => !planted.some((attacker) => names(alert, attacker)));
  return { rows, missed: rows.filter(({ foundBy }) => foundBy.length === 0).length, innocents };
}

function names({ group }: FoundAlert, { group: own, accomplices = [] }: PlantedAttacker): boolean {
  const identities = [...Object.values(own), ...accomplices];
  return Object.values(group).some((value) => identities.includes(String(value)));
}

function rowOf(attacker: PlantedAttacker, alerts: readonly FoundAlert[]): VerdictRow {
  const meant = alerts.filter(({ rule }) => attacker.rules.includes(rule.name));
  const others = alerts.filter(({ rule }) => !attacker.rules.includes(rule.name));
  const first = Math.min(...meant.map(({ openedAt }) => Date.parse(openedAt)));
  const found = meant.length > 0;
  return {
    attacker: Object.values(attacker.group).join(' '),
    kind: attacker.kind,
    foundBy: found ? [...new Set([...meant, ...others].map(({ rule }) => rule.name))] : [],
    afterSeconds: found ? Math.max(0, (first - Date.parse(attacker.firstSeen)) / 1_000) : null,
  };
}
