import type { Alert } from '#libs/events';

/** An alert event to vary, for specs. */
export function alertEvent(changes: Partial<Alert> = {}): Alert {
  return {
    id: 'a1',
    rule: { id: 'r1', name: 'ssh-brute-force', title: 'SSH brute force', version: 1, owner: null, runbook: null },
    severity: 'high',
    state: 'open',
    mergedInto: null,
    group: { ip: '192.0.2.7' },
    timespan: '60s',
    condition: { gte: 5 },
    firstSeen: '2026-01-01T00:00:00.001Z',
    openedAt: '2026-01-01T00:00:05.010Z',
    lastSeen: '2026-01-01T00:00:05.010Z',
    closedAt: null,
    value: 5,
    peak: 5,
    events: 5,
    expected: null,
    shadow: false,
    decision: null,
    retro: false,
    revision: 1,
    position: { partition: 0, offset: 10 },
    evidence: [
      { topic: 'login', partition: 0, offset: 7, time: '2026-01-01T00:00:00.001Z', event: { id: 'e7', user: 'root' } },
      { topic: 'login', partition: 1, offset: 3, time: '2026-01-01T00:00:05.010Z', event: { id: 'e3' } },
    ],
    ...changes,
  };
}
