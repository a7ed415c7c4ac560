import type { Alert } from '#libs/events';
import type { Target, TargetSettings } from '../src/target.js';

/** An alert event to vary, for specs. */
export function alertOf(changes: Partial<Alert> = {}): Alert {
  return {
    id: 'a1',
    rule: { id: 'r1', name: 'ssh-brute-force', title: 'SSH brute force', version: 1, owner: 'ops', runbook: null },
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
    revision: 1,
    position: { partition: 0, offset: 10 },
    evidence: [{ topic: 'login', partition: 0, offset: 7, time: '2026-01-01T00:00:00.001Z', event: { id: 'e7' } }],
    ...changes,
  };
}

export function targetOf(id: string, settings: Partial<TargetSettings> = {}): Target {
  return { id, settings: { kind: 'webhook', url: 'http://127.0.0.1/', ...settings }, secrets: ['whsec_c2VjcmV0'] };
}
