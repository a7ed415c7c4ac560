import { expect, test } from 'vitest';
import type { BacktestReport, RuleReport } from '#libs/backtest';
import { backtestText } from './backtest-text.js';

type Outcome = RuleReport['outcome'];
const none = { truePositives: { marked: 0, raised: 0 }, falsePositives: { marked: 0, raised: 0 }, precision: null };
const marked = { truePositives: { marked: 2, raised: 1 }, falsePositives: { marked: 3, raised: 1 }, precision: 0.5 };
const outcome = (threshold: number, alerts: number, more: Partial<Outcome> = {}): Outcome => ({
  threshold,
  isOwn: false,
  alerts,
  isAtLeast: false,
  groups: alerts,
  alertsPerDay: alerts / 7,
  episodesPerDay: alerts / 5,
  verdicts: none,
  ...more,
});

const rule: RuleReport = {
  rule: { id: 'r1', name: 'ssh-bruteforce', title: 'SSH password guessing\u001b[2J', version: 3, severity: 'medium' },
  timespan: '60s',
  condition: { gte: 5 },
  events: 37_280,
  groups: { seen: 2954, isAtLeast: false },
  outcome: outcome(5, 2, { isOwn: true, verdicts: marked }),
  days: [
    { day: '2026-01-15', alerts: 1, episodes: 1 },
    { day: '2026-01-17', alerts: 1, episodes: 2 },
  ],
  topGroups: [{ group: { ip: '192.0.2.7', user: 'root' }, alerts: 2, peak: 60, events: 120 }],
  curve: [
    outcome(3, 100_000, { isAtLeast: true, verdicts: marked }),
    outcome(5, 2, { isOwn: true, verdicts: marked }),
    outcome(10, 1, { verdicts: { ...marked, precision: 1 } }),
  ],
  proposal: {
    threshold: 9,
    reason: '4 groups reached 3 at most and 6 groups 30 or more, the widest gap: gte 9 lies between',
  },
  alerts: [
    {
      id: 'a1',
      group: { ip: '192.0.2.7', user: 'root' },
      state: 'closed',
      firstSeen: '2026-01-15T10:00:00.000Z',
      openedAt: '2026-01-15T10:00:04.000Z',
      lastSeen: '2026-01-15T10:00:09.000Z',
      closedAt: '2026-01-15T10:06:09.000Z',
      value: 5,
      peak: 60,
      expected: null,
      events: 60,
      evidence: [{ topic: 'login', partition: 3, offset: 12, time: '2026-01-15T10:00:00.000Z' }],
    },
  ],
  marked: [
    {
      id: 'm1',
      group: { ip: '192.0.2.9' },
      openedAt: '2026-01-16T10:00:00.000Z',
      verdict: 'true-positive',
      raised: false,
    },
  ],
  written: { alerts: 1, known: 1 },
  silenced: null,
};

const report: BacktestReport = {
  from: '2026-01-15T00:00:00.000Z',
  to: '2026-01-22T00:00:00.000Z',
  events: 486_832,
  seconds: 2,
  lost: [{ topic: 'login', partition: 1, from: 10, to: 20, reason: 'LOG_CORRUPT' }],
  rules: [rule],
};

test('a report as it is read', async () => {
  await expect(backtestText(report)).toMatchFileSnapshot('./golden/report.txt');
});

test('a report of nothing', async () => {
  const quiet: RuleReport = {
    ...rule,
    condition: {},
    events: 0,
    groups: { seen: 0, isAtLeast: false },
    outcome: outcome(0, 0, { threshold: null, isOwn: true }),
    days: [],
    topGroups: [],
    curve: [],
    proposal: { threshold: null, reason: 'The rule has no single limit' },
    alerts: [],
    marked: [],
    written: null,
    silenced: null,
  };
  await expect(backtestText({ ...report, lost: [], rules: [quiet] })).toMatchFileSnapshot('./golden/nothing.txt');
  expect(backtestText({ ...report, from: null, to: null, rules: [] })).toMatch(/holds no events/);
});
