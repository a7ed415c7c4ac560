import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { usage } from '../bench/measure.js';
import { hostileFiles, hostileLine, type Kind, kinds } from '../scenarios/hostile-day.js';
import { adminKey, alertsOf } from './outcome.js';

// A real Weir with a thousand rules and room for few groups, under everything at once.
const groupsMax = 1600;
const invented = 20_000;
const cli = new Cli();
const rulesDir = join(cli.dataDir, 'hostile-rules');
let weir: Running;
let serial = 0;

beforeAll(async () => {
  mkdirSync(rulesDir);
  for (const { file, text } of hostileFiles(1000)) writeFileSync(join(rulesDir, file), text);
  weir = await cli.start({ WEIR_RULES_DIR: rulesDir, WEIR_GROUPS_MAX: `${groupsMax}`, WEIR_LOG_LEVEL: 'warn' });
});
afterAll(() => cli.close());

const get = (path: string) => fetch(weir.url + path, { headers: { 'x-api-key': adminKey(cli) } });

async function send(kind: Kind, from: number, to: number, ip?: string): Promise<{ rejected: { code: string }[] }> {
  const lines = Array.from({ length: to - from }, (_, i) => hostileLine(kind, from + i, ip));
  // A request of which nothing is taken would be refused as a whole.
  const body = [...lines, hostileLine('ordinary', serial++)].join('\n');
  const headers = { 'x-api-key': adminKey(cli), 'content-type': 'application/x-ndjson' };
  const answer = await fetch(`${weir.url}/api/v1/ingest/ndjson`, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { rejected: { code: string }[] };
}

test('a hostile day is survived: attackers are found, memory stays, and what was let go is counted and shown', async () => {
  for (let at = 0; at < invented; at += 1000) expect((await send('groups', at, at + 1000)).rejected).toEqual([]);
  const before = usage(weir.pid).peakMiB;
  for (const kind of kinds.slice(2)) {
    const { rejected } = await send(kind, 0, 100);
    // Deeper than events may be.
    const codes = kind === 'depth' ? Array.from({ length: 100 }, () => 'EVENT_TOO_DEEP') : [];
    expect(rejected.map(({ code }) => code)).toEqual(codes);
  }
  await send('ordinary', invented, invented + 25, '192.0.2.7');
  await cli.json('lag', '--wait');

  const found = (await alertsOf(weir.url, adminKey(cli))).filter(({ group }) => group['c-ip'] === '192.0.2.7');
  expect(found.map(({ rule }) => rule).sort()).toEqual(['guessing', 'names']);
  expect(usage(weir.pid).peakMiB - before).toBeLessThan(300);

  const counters = async () => {
    const { items } = (await (await get('/api/v1/rules')).json()) as {
      items: {
        name: string;
        counters: { groups: number; evictedGroups: number; truncatedEvents: number; late: number };
      }[];
    };
    return ['guessing', 'names'].map((name) => ({ name, ...items.find((rule) => rule.name === name)!.counters }));
  };
  const shown = async () => ({ page: await (await get('/metrics')).text(), rules: await counters() });
  // Windows say what they counted a few times a second, and the one may be asked before they do, the other after.
  const isSaid = ({ page, rules }: Awaited<ReturnType<typeof shown>>) =>
    /^weir_match_dispatch_seconds_total \d\S*[1-9]/m.test(page) &&
    rules.every(
      ({ name, evictedGroups }) =>
        evictedGroups >= invented - groupsMax &&
        page.includes(`weir_window_evicted_groups_total{rule="${name}"} ${evictedGroups}\n`),
    );
  await expect.poll(async () => isSaid(await shown())).toBe(true);
  for (const { groups, truncatedEvents, late } of await counters()) {
    expect(groups).toBeLessThanOrEqual(groupsMax);
    expect({ truncatedEvents, late }).toEqual({ truncatedEvents: 0, late: 0 });
  }
});
