import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BacktestReport } from '#libs/backtest';
import { Cli, type Running } from '../testing/cli.js';

interface Alerts {
  items: { id: string; rule: { name: string }; group: Record<string, string>; retro: boolean; state: string }[];
}
interface Job {
  id: string;
  state: string;
  report: BacktestReport | null;
  error: { code: string } | null;
  code: string;
  detail: string;
}

const cli = new Cli();
const rulesDir = join(cli.dataDir, 'rules');
const many = (status: number, least: number) => `title: Status ${status}
name: status-${status}
logsource: { category: webserver }
detection: { hit: { sc-status: ${status} }, condition: hit }
---
title: Many ${status}
id: many-${status}
name: many-${status}
correlation: { type: event_count, rules: [status-${status}], group-by: [c-ip], timespan: 60s, condition: { gte: ${least} } }
`;
/** So many answers of a status, a second apart, to each of these addresses. */
const peaks = { '192.0.2.1': 4, '192.0.2.2': 6, '192.0.2.3': 7, '192.0.2.4': 8, '192.0.2.5': 50 };
const lines = Object.entries(peaks).flatMap(([ip, count]) =>
  [404, 500].flatMap((status) =>
    Array.from({ length: count }, (_, i) => {
      const at = new Date(Date.UTC(2026, 0, 15, 10, 0, i)).toISOString().slice(11, 19);
      return `${ip} - - [15/Jan/2026:${at} +0000] "GET / HTTP/1.1" ${status} 9 "-" "curl"\n`;
    }),
  ),
);
const newRule = join(cli.dataDir, 'new.yml');
let weir: Running;

beforeAll(async () => {
  mkdirSync(rulesDir);
  writeFileSync(join(rulesDir, 'file.yml'), many(404, 5));
  writeFileSync(newRule, many(500, 5));
  weir = await cli.start({ WEIR_RULES_DIR: rulesDir });
  const file = join(cli.dataDir, 'access.log');
  writeFileSync(file, lines.sort((a, b) => (a.slice(20, 45) < b.slice(20, 45) ? -1 : 1)).join(''));
  await cli.json('ingest', file, '--as', 'nginx');
  await cli.json('lag', '--wait');
});
afterAll(() => cli.close());

const key = () => readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
async function api<T>(path: string, method = 'GET', body?: object): Promise<T & { status: number }> {
  const headers = { 'x-api-key': key(), ...(body ? { 'content-type': 'application/json' } : {}) };
  const response = await fetch(`${weir.url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { ...((text && JSON.parse(text)) as T), status: response.status };
}
const alertsOf = async (rule: string) => {
  await cli.json('lag', '--wait');
  return (await api<Alerts>(`/alerts?rule=${rule}`)).items;
};
const backtest = (...args: string[]) => cli.json<BacktestReport>('backtest', ...args);

test('a rule that is not there is run over the log, beside those that are', async () => {
  const { events, from, to, rules } = await backtest(newRule, 'many-404', '--threshold', '7,20');
  expect({ events, from, to }).toEqual({
    events: 150,
    from: '2026-01-15T10:00:00.000Z',
    to: '2026-01-15T10:00:49.000Z',
  });
  expect(rules.map(({ rule }) => rule.name)).toEqual(['many-500', 'many-404']);
  for (const { curve, groups, alerts, outcome, topGroups } of rules) {
    expect(groups).toEqual({ seen: 5, isAtLeast: false });
    expect(curve.map(({ threshold, alerts, groups }) => [threshold, alerts, groups])).toEqual([
      [5, 4, 4],
      [7, 3, 3],
      [20, 1, 1],
    ]);
    expect(outcome).toMatchObject({ threshold: 5, isOwn: true, alerts: 4, alertsPerDay: 4 });
    expect(topGroups[0]).toEqual({ group: { 'c-ip': '192.0.2.5' }, alerts: 1, peak: 50, events: 50 });
    const first = alerts.find(({ group }) => group['c-ip'] === '192.0.2.2')!;
    expect(first.evidence).toHaveLength(6);
    expect(first.evidence[0].event).toMatchObject({ type: 'api.call', data: { ip: '192.0.2.2' } });
  }
  const { rules: around } = await backtest('many-404');
  expect(around[0].proposal).toMatchObject({ threshold: 20 });
  expect(around[0].curve.map(({ threshold }) => threshold)).toEqual([3, 5, 10, 25]);
  const live = (await alertsOf('many-404')).map(({ id }) => id).sort();
  expect(around[0].alerts.map(({ id }) => id).sort()).toEqual(live);
});

test('a range counts from an event time to another', async () => {
  const [from, to] = ['2026-01-15T10:00:06Z', '2026-01-15T10:00:10Z'];
  expect((await backtest(newRule, '--from', from, '--to', to)).rules[0].outcome.alerts).toBe(0);
  const opened = (await backtest(newRule, '--from', '2026-01-15T10:00:04Z', '--to', to)).rules[0];
  expect(opened.alerts.map(({ openedAt }) => openedAt)).toEqual(Array(4).fill('2026-01-15T10:00:04.000Z'));
  expect(opened.alerts.map(({ peak }) => peak).sort((a, b) => a - b)).toEqual([6, 7, 8, 10]);
  expect((await backtest(newRule, '--from', '-1h')).rules[0].outcome.alerts).toBe(0);
});

test('what a new rule would have raised is written once, and marked', async () => {
  expect(await alertsOf('many-500')).toEqual([]);
  expect((await backtest(newRule, '--write')).rules[0].written).toEqual({ alerts: 4, known: 0 });
  const written = await alertsOf('many-500');
  expect(written).toHaveLength(4);
  expect(written.every(({ retro, state }) => retro && state === 'closed')).toBe(true);
  expect((await api<{ evidence: { event: unknown }[] }>(`/alerts/${written[0].id}`)).evidence[0].event).toBeTruthy();
  expect((await backtest(newRule, '--write')).rules[0].written).toEqual({ alerts: 0, known: 4 });
  expect(await alertsOf('many-500')).toEqual(written);
  expect(await cli.json('audit')).toMatchObject({ agrees: true, checked: 4 });
  // Now that it runs, the log says that its alerts are missing, but for those that were written.
  await cli.json('rules', 'add', newRule);
  expect(await cli.json('audit')).toMatchObject({ agrees: true, checked: 8 });
});

test('what was raised live stays as it is', async () => {
  const live = await alertsOf('many-404');
  expect(live.map(({ retro }) => retro)).toEqual([false, false, false, false]);
  expect((await backtest('many-404', '--write')).rules[0].written).toEqual({ alerts: 0, known: 4 });
  expect(await alertsOf('many-404')).toEqual(live);
});

test('one runs at a time; it can be ended, and those that ended are kept', async () => {
  const first = await api<Job>('/backtests', 'POST', { rules: ['many-404'] });
  expect(first).toMatchObject({ status: 202, state: 'running', rules: ['many-404'] });
  const second = await api<Job>('/backtests', 'POST', { rules: ['many-404'] });
  expect(second).toMatchObject({ status: 429, code: 'BACKTEST_RUNNING' });
  expect((await api(`/backtests/${first.id}`, 'DELETE')).status).toBe(204);
  expect(await api<Job>(`/backtests/${first.id}`)).toMatchObject({ state: 'cancelled', report: null, error: null });
  const third = await api<Job>('/backtests', 'POST', { rules: ['many-404'] });
  await expect.poll(async () => (await api<Job>(`/backtests/${third.id}`)).state).toBe('done');
  const { items } = await api<{ items: Job[] }>('/backtests');
  expect(items.slice(0, 2).map(({ id }) => id)).toEqual([third.id, first.id]);
  expect((await api(`/backtests/${third.id}`, 'DELETE')).status).toBe(204);
  expect(await api<Job>(`/backtests/${third.id}`)).toMatchObject({ status: 404, code: 'BACKTEST_UNKNOWN' });
});

test.each<[string, string[], RegExp]>([
  ['an unknown rule', ['many-999'], /There is no rule "many-999"/],
  ['a range that ends before it begins', ['many-404', '--from', '-1h', '--to', '-2h'], /from must be before/],
  ['a time that is none', ['many-404', '--from', 'yesterday'], /from must be an RFC 3339 time.*-7d/],
  ['a threshold that is none', ['many-404', '--threshold', '2.5'], /many-404 must be a whole number from 1; 2.5/],
  ['a rule that would not run', [join(cli.dataDir, 'bad.yml')], /The rule would not run/],
])('%s is refused in a sentence', async (_, args, said) => {
  writeFileSync(join(cli.dataDir, 'bad.yml'), many(500, 5).replace('event_count', 'guesswork'));
  const { code, stderr } = await cli.run(['backtest', ...args]);
  expect(stderr).toMatch(said);
  expect(code).toBe(1);
});
