import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli } from '../testing/cli.js';

interface Replay {
  reproduced: boolean;
  sameId: boolean;
  counted: number;
  rule: { version: number };
  was: Record<string, unknown>;
  found: Record<string, unknown> | null;
  explanations: { kind: string; said: string; facts: Record<string, unknown> }[];
}
interface Report {
  passed: number;
  failed: number;
  items: { name: string; passed: boolean; said: string[] }[];
}
interface Saved {
  folder: string;
  verdict: string;
  events: number;
}

const cli = new Cli();
const rulesDir = join(cli.dataDir, 'rules');
const rule = (least: number, status = 404) => `title: Status ${status}
name: status-${status}
logsource: { category: webserver }
detection: { hit: { sc-status: ${status} }, condition: hit }
---
title: Many ${status}
name: many-${status}
correlation: { type: event_count, rules: [status-${status}], group-by: [c-ip], timespan: 1h, condition: { gte: ${least} } }
`;
const filter = `title: The scanner of ours
logsource: { category: webserver }
filter: { rules: [status-404], ours: { cs-user-agent: our-scanner }, condition: ours }
`;
let url = '';

beforeAll(async () => {
  mkdirSync(rulesDir);
  writeFileSync(join(rulesDir, 'many.yml'), rule(5));
  ({ url } = await cli.start({ WEIR_RULES_DIR: rulesDir }));
  const file = join(cli.dataDir, 'access.log');
  writeFileSync(file, [...requests('192.0.2.1', 'our-scanner', 8), ...requests('192.0.2.2', 'curl', 200)].join(''));
  await cli.json('ingest', file, '--as', 'nginx');
  await cli.json('lag', '--wait');
});
afterAll(() => cli.close());

/** Requests of an address that were answered 404, one a second. */
const requests = (ip: string, agent: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => {
    const time = new Date(Date.UTC(2026, 0, 15, 10) + i * 1000).toISOString().slice(11, 19);
    return `${ip} - - [15/Jan/2026:${time} +0000] "GET /${ip}/${i} HTTP/1.1" 404 1 "-" "${agent}"\n`;
  });

async function api<T>(path: string, method = 'GET'): Promise<T> {
  const key = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
  const response = await fetch(`${url}/api/v1${path}`, { method, headers: { 'x-api-key': key } });
  return (await response.json()) as T;
}

async function alertOf(ip: string): Promise<string> {
  return (await api<{ items: { id: string }[] }>(`/alerts?group=${ip}`)).items[0].id;
}

async function outcomeOf(...args: string[]): Promise<{ code: number | null; report: Report; stderr: string }> {
  const { code, stdout, stderr } = await cli.run([...args, '--json'], { WEIR_RULES_DIR: rulesDir });
  return { code, report: JSON.parse(stdout) as Report, stderr };
}
const testRules = (...args: string[]) => outcomeOf('rules', 'test', ...args);

async function fixtureOf(ip: string, ...args: string[]): Promise<Saved> {
  const { code, stdout, stderr } = await cli.run(['rules', 'fixture', await alertOf(ip), ...args, '--json'], {
    WEIR_RULES_DIR: rulesDir,
  });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Saved;
}

test('an alert comes out the same again, the first and the latest of its events named or not', async () => {
  for (const [ip, events] of [['192.0.2.1', 8] as const, ['192.0.2.2', 200] as const]) {
    const replay = await api<Replay>(`/alerts/${await alertOf(ip)}/replay`);
    expect(replay).toMatchObject({ reproduced: true, sameId: true, counted: events, explanations: [] });
    expect(replay.found).toEqual(replay.was);
    expect(replay.was).toMatchObject({ events });
  }
  const { code, stderr } = await cli.run(['replay', 'nobody']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('There is no alert "nobody"')]);
});

test('a rule is tested with the alert that it should not have raised until it is amended', async () => {
  const saved = await fixtureOf('192.0.2.1');
  expect(saved).toMatchObject({ verdict: 'false-positive', events: 8 });
  expect(saved.folder.startsWith(join(rulesDir, 'fixtures', 'many-404-'))).toBe(true);
  expect(readFileSync(join(saved.folder, 'rule.yml'), 'utf8')).toBe(rule(5));
  expect(JSON.parse(readFileSync(join(saved.folder, 'alerts.json'), 'utf8'))).toEqual([]);

  for (const run of [await testRules(), await testRules('--running')]) {
    expect(run).toMatchObject({ code: 1, report: { passed: 0, failed: 1 } });
    expect(run.stderr).toContain('1 of 1 fixtures fail');
    expect(run.report.items[0].said).toEqual([
      'many-404 still alerts about c-ip 192.0.2.1: opened 2026-01-15T10:00:04.000Z, peak 8, 8 events; amend it until it does not',
    ]);
  }

  writeFileSync(join(rulesDir, 'filters.yml'), filter);
  expect(await testRules()).toMatchObject({ code: 0, report: { passed: 1, failed: 0 } });
  const running = () => api<Report>('/fixtures/test', 'POST');
  await expect.poll(running).toMatchObject({ passed: 1, failed: 0 });
  // What is kept beside the rules is none of them.
  expect(await api('/rules')).toMatchObject({ problems: [] });
});

test('an alert that was right is wanted again', async () => {
  const saved = await fixtureOf('192.0.2.2', '--verdict', 'true-positive', '--out', join(cli.dataDir, 'right'));
  const [wanted] = JSON.parse(readFileSync(join(saved.folder, 'alerts.json'), 'utf8')) as object[];
  expect(wanted).toMatchObject({ rule: 'many-404', group: { 'c-ip': '192.0.2.2' }, peak: 200, events: 200 });
  const other = join(cli.dataDir, 'other.yml');
  writeFileSync(other, rule(300));
  const { code, report } = await testRules(saved.folder, '--rules', other);
  expect([code, report.items[0].said]).toEqual([
    1,
    ['many-404 no longer alerts about c-ip 192.0.2.2: version 1 did at 2026-01-15T10:00:04.000Z, with a peak of 200'],
  ]);
});

test('the version that raised it is run, whatever the rule says now; filters are those of now, and said to be', async () => {
  writeFileSync(join(rulesDir, 'many.yml'), rule(50));
  await expect.poll(() => api('/rules/many-404')).toMatchObject({ version: 2 });
  expect(await cli.json<Replay>('replay', await alertOf('192.0.2.2'))).toMatchObject({
    reproduced: true,
    rule: { version: 1 },
  });
  const { code, stdout, stderr } = await cli.run(['replay', await alertOf('192.0.2.1'), '--json']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('does not come out the same')]);
  expect((JSON.parse(stdout) as Replay).explanations.map(({ kind }) => kind)).toEqual([
    'no-longer-matched',
    'no-alert',
  ]);
});

test('an alert of a chain comes out the same again, and is kept with all of the chain, wherever its parts are', async () => {
  const inner = `title: A burst
name: burst
correlation: { type: event_count, rules: [status-404], group-by: [c-ip], timespan: 10s, condition: { gte: 5 } }
`;
  const outer = `title: Bursts
name: bursts
correlation: { type: event_count, rules: [burst], group-by: [c-ip], timespan: 1h, condition: { gte: 1 } }
`;
  writeFileSync(join(rulesDir, 'burst.yml'), inner);
  writeFileSync(join(rulesDir, 'bursts.yml'), outer);
  await expect.poll(() => api('/rules/bursts')).toMatchObject({ version: 1 });
  const file = join(cli.dataDir, 'bursts.log');
  writeFileSync(file, requests('192.0.2.3', 'curl', 20).join(''));
  await cli.json('ingest', file, '--as', 'nginx');
  await cli.json('lag', '--wait');
  await expect.poll(() => api('/alerts?group=192.0.2.3')).toMatchObject({ items: [{}] });
  // Its one burst began with the fifth request: nothing after that is needed.
  const replay = await api<Replay>(`/alerts/${await alertOf('192.0.2.3')}/replay`);
  expect(replay).toMatchObject({ reproduced: true, sameId: true, counted: 5, explanations: [] });

  const wanted = await fixtureOf('192.0.2.3', '--verdict', 'true-positive', '--out', join(cli.dataDir, 'chain'));
  expect(wanted).toMatchObject({ events: 5 });
  const kept = readFileSync(join(wanted.folder, 'rule.yml'), 'utf8');
  expect([...kept.matchAll(/^name: (.*)$/gm)].map(([, name]) => name).sort()).toEqual([
    'burst',
    'bursts',
    'status-404',
  ]);
  expect(await testRules(wanted.folder)).toMatchObject({ code: 0, report: { passed: 1, failed: 0 } });
  const other = join(cli.dataDir, 'less.yml');
  writeFileSync(other, kept.replace('gte: 5', 'gte: 50'));
  expect(await testRules(wanted.folder, '--rules', other)).toMatchObject({ code: 1, report: { passed: 0, failed: 1 } });
});
