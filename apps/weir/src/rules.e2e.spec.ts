import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../testing/cli.js';

interface Rule {
  name: string;
  version: number;
  state: string;
  source: string;
  windows: { kind: string } | null;
}
interface Alerts {
  items: { rule: { name: string; version: number }; group: Record<string, string>; shadow: boolean }[];
}

const cli = new Cli();
const rulesDir = join(cli.dataDir, 'rules');
const probes = (status: number, name = `many-${status}`, least = 5) => `title: Status ${status}
name: status-${status}
logsource: { category: webserver }
detection: { hit: { sc-status: ${status} }, condition: hit }
---
title: Many ${status}
name: ${name}
correlation: { type: event_count, rules: [status-${status}], group-by: [c-ip], timespan: 1h, condition: { gte: ${least} } }
`;
let weir: Running;
let fed = 0;

beforeAll(async () => {
  mkdirSync(rulesDir);
  writeFileSync(join(rulesDir, 'file.yml'), probes(404));
  weir = await cli.start({ WEIR_RULES_DIR: rulesDir });
});
afterAll(() => cli.close());

const api = (path: string, init: RequestInit = {}) => {
  const key = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
  const headers = {
    'x-api-key': key,
    ...(init.body && { 'content-type': 'application/json' }),
    ...(init.headers as object),
  };
  return fetch(`${weir.url}/api/v1${path}`, { ...init, headers });
};
const rulesNow = async () => {
  const { items } = await cli.json<{ items: Rule[] }>('rules', 'list');
  return new Map(items.map((rule) => [rule.name, rule]));
};
const alertsOf = async (query = '') => ((await (await api(`/alerts?limit=200${query}`)).json()) as Alerts).items;
const fileWith = (name: string, text: string) => {
  const file = join(cli.dataDir, name);
  writeFileSync(file, text);
  return file;
};
/** Requests of an address that were answered so, and waits until they are counted. */
async function feed(ip: string, status: number, requests: number): Promise<void> {
  const file = join(cli.dataDir, 'access.log');
  for (let i = 0; i < requests; i++) {
    const second = String(fed++ % 60).padStart(2, '0');
    appendFileSync(file, `${ip} - - [15/Jan/2026:10:00:${second} +0000] "GET /${fed} HTTP/1.1" ${status} 1 "-" "t"\n`);
  }
  await cli.json('ingest', file, '--as', 'nginx');
  await cli.json('lag', '--wait');
}

test('a rule that is added counts from then on; what others have counted stays', async () => {
  await feed('192.0.2.1', 404, 3);
  await feed('192.0.2.1', 500, 4);
  expect(await cli.json('rules', 'add', fileWith('new.yml', probes(500)))).toMatchObject({
    items: [
      { name: 'status-500', version: 1, source: 'database' },
      { name: 'many-500', windows: { kind: 'added' } },
    ],
  });
  await feed('192.0.2.1', 404, 2);
  await feed('192.0.2.1', 500, 4);
  expect((await alertsOf()).map(({ rule }) => rule.name)).toEqual(['many-404']);
  await feed('192.0.2.1', 500, 1);
  expect((await alertsOf()).map(({ rule }) => rule.name).sort()).toEqual(['many-404', 'many-500']);
});

test('a rule file that is changed takes over, as the next version; what it has counted is kept', async () => {
  await feed('192.0.2.2', 404, 3);
  writeFileSync(join(rulesDir, 'file.yml'), probes(404, 'many-404', 4));
  await expect
    .poll(async () => (await rulesNow()).get('many-404'))
    .toMatchObject({
      version: 2,
      source: 'file',
      windows: { kind: 'kept' },
    });
  await feed('192.0.2.2', 404, 1);
  const [alert] = await alertsOf('&group=192.0.2.2');
  expect(alert.rule).toMatchObject({ name: 'many-404', version: 2 });
});

test('a rule file that is broken leaves what runs alone', async () => {
  writeFileSync(join(rulesDir, 'file.yml'), probes(404).replace('gte', 'least'));
  const refused = async () => (await cli.json<{ problems: unknown[] }>('rules', 'list')).problems.length;
  await expect.poll(refused).toBeGreaterThan(0);
  expect((await rulesNow()).get('many-404')).toMatchObject({ version: 2, state: 'enabled' });
  writeFileSync(join(rulesDir, 'file.yml'), probes(404, 'many-404', 4));
  await expect.poll(refused).toBe(0);
});

test('in shadow alerts are kept apart; promoting says what would have alerted', async () => {
  expect(await cli.json('rules', 'shadow', 'many-500')).toMatchObject({ state: 'shadow' });
  await feed('192.0.2.3', 500, 6);
  expect(await alertsOf('&group=192.0.2.3')).toEqual([]);
  expect(await alertsOf('&group=192.0.2.3&shadow=true')).toMatchObject([{ shadow: true }]);
  const difference = { alerts: 1, open: 1, groups: [{ alerts: 1, group: { 'c-ip': '192.0.2.3' } }] };
  expect(await cli.json('rules', 'promote', 'many-500', '--dry-run')).toMatchObject({ ...difference, dryRun: true });
  expect(await cli.json('rules', 'promote', 'many-500')).toMatchObject({ ...difference, rule: { state: 'enabled' } });
  const { code, stderr } = await cli.run(['rules', 'promote', 'many-500']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('not in shadow')]);
  await feed('192.0.2.4', 500, 5);
  expect(await alertsOf('&group=192.0.2.4')).toMatchObject([{ shadow: false }]);
  expect(await cli.json('rules', 'disable', 'many-500')).toMatchObject({
    state: 'disabled',
    windows: { kind: 'removed' },
  });
  await feed('192.0.2.5', 500, 9);
  expect(await alertsOf('&group=192.0.2.5')).toEqual([]);
});

test('who has not seen the last change of a rule is refused, and so is a text that would not run', async () => {
  const [, text] = probes(500, 'many-500', 3).split('---\n');
  const put = (body: string, headers = {}) =>
    api('/rules/many-500', { method: 'PUT', headers, body: JSON.stringify({ text: body }) });
  expect((await put(text)).status).toBe(428);
  expect((await put(text, { 'if-match': '"1"' })).status).toBe(412);
  const etag = (await api('/rules/many-500')).headers.get('etag')!;
  const refused = await put(text.replace('gte', 'least'), { 'if-match': etag });
  expect([refused.status, await refused.json()]).toMatchObject([
    422,
    { code: 'RULE_REFUSED', problems: [{ file: 'many-500.yml', line: 3 }, {}] },
  ]);
  const written = await put(text, { 'if-match': etag });
  expect(await written.json()).toMatchObject({ version: 2, state: 'disabled', condition: { gte: 3 } });
  expect(written.headers.get('etag')).not.toBe(etag);
  const { items } = await cli.json<{ items: { action: string; version: number }[] }>('rules', 'history', 'many-500');
  expect(items.map(({ action, version }) => `${action} ${version}`)).toEqual([
    'changed 2',
    'disabled 1',
    'promoted 1',
    'shadowed 1',
    'created 1',
  ]);
  expect((await api('/rules/many-404', { method: 'DELETE' })).status).toBe(409);
  expect(await cli.json('rules', 'remove', 'many-500')).toMatchObject({ removed: true });
  expect((await rulesNow()).has('many-500')).toBe(false);
});

test('a folder is imported as far as it runs, and the report says why the rest is not', async () => {
  const folder = join(cli.dataDir, 'sigma');
  mkdirSync(folder);
  writeFileSync(join(folder, 'good.yml'), probes(418));
  const [, counting] = probes(404, 'most-404', 50).split('---\n');
  writeFileSync(join(folder, 'counting.yml'), counting);
  writeFileSync(join(folder, 'bad.yml'), probes(419).replace('gte', 'least'));
  const report = await cli.json<{ taken: string[]; refused: { file: string }[] }>(
    'rules',
    'import',
    folder,
    '--shadow',
  );
  expect(report.taken.sort()).toEqual(['many-418', 'most-404', 'status-418']);
  expect(report.refused.map(({ file }) => file)).toContain('bad.yml');
  expect((await rulesNow()).get('many-418')).toMatchObject({ state: 'shadow', source: 'database' });
  const again = await cli.json<{ unchanged: string[] }>('rules', 'import', folder);
  expect(again).toMatchObject({ taken: [] });
  expect(again.unchanged.sort()).toEqual(['many-418', 'most-404', 'status-418']);
});

test('what rules count and cost is listed, the costliest first', async () => {
  interface Counted {
    name: string;
    counters: { events: number; groups: number; alerts: number; microsPerEvent: number };
  }
  await feed('192.0.2.8', 404, 1200);
  const { items } = await cli.json<{ items: Counted[] }>('rules', 'list', '--by', 'cost');
  const many = items.find(({ name }) => name === 'many-404')!.counters;
  expect(many.events).toBeGreaterThan(1200);
  expect(many.groups).toBeGreaterThan(2);
  expect(many.alerts).toBeGreaterThan(2);
  expect(many.microsPerEvent).toBeGreaterThan(0);
  const costs = items.map(({ counters }) => counters.microsPerEvent);
  expect(costs).toEqual(costs.toSorted((a, b) => b - a));
});

test('what was changed is there after a restart', async () => {
  const before = await rulesNow();
  await weir.end();
  rmSync(join(cli.dataDir, 'snapshots'), { recursive: true, force: true });
  weir = await cli.start({ WEIR_RULES_DIR: rulesDir });
  const after = await rulesNow();
  expect([...after.values()].map((rule) => ({ ...rule, windows: null, counters: null }))).toEqual(
    [...before.values()].map((rule) => ({ ...rule, windows: null, counters: null })),
  );
});
