import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALERT_EVERY_MS, FILLED_FROM_MS, fillAlerts, filledId } from '../../testing/fill-alerts.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { getIncident, listIncidents } from '../incidents/read-incidents.js';
import type { AlertFilter } from './filter-alerts.js';
import { listAlerts } from './read-alerts.js';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

const ALERTS = 60_000;

let pg: TestDatabase;
let blocks: number;
beforeAll(async () => {
  pg = await openTestDatabase();
  await fillAlerts(pg.database, ALERTS);
  const [{ size }] = await pg.database.query(`SELECT pg_relation_size('computed.alert') / 8192 AS size`);
  blocks = Number(size);
});
afterAll(() => pg.close());

/** The same database, which also says how it found what it was asked for. */
function explained(plans: Plan[]): DataSource {
  const query = async (sql: string, parameters: unknown[]) => {
    const [row] = await pg.database.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`, parameters);
    plans.push((row as { 'QUERY PLAN': { Plan: Plan }[] })['QUERY PLAN'][0].Plan);
    return pg.database.query(sql, parameters);
  };
  return Object.create(pg.database, { query: { value: query } }) as DataSource;
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** Blocks that were read, over all statements; fails where a table of any size was read from one end to the other. */
function readBy(plans: readonly Plan[]): number {
  const scans = plans
    .flatMap(nodesOf)
    .filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'alert_kind');
  expect(scans.map((scan) => scan['Relation Name'])).toEqual([]);
  return plans.reduce((sum, plan) => sum + plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], 0);
}

const at = (share: number) => FILLED_FROM_MS + ALERTS * share * ALERT_EVERY_MS;
const filters: AlertFilter[] = [
  {},
  { state: 'open' },
  { severity: 'critical' },
  { status: 'new' },
  { status: 'acknowledged' },
  { owner: 'analyst-7' },
  { verdict: 'false-positive' },
  { rule: 'rule-3' },
  { rule: 'rule-name-19' },
  { rule: 'none' },
  { group: 'user:user31' },
  { incident: filledId(103) },
  { since: at(0.2), until: at(0.3) },
  { q: 'user310' },
  { q: 'number 4 finds' },
];
const pairs = filters.flatMap((a, i) => filters.slice(i).map((b): AlertFilter => ({ ...a, ...b })));
const distinct = [...new Map(pairs.map((filter) => [JSON.stringify(filter), filter])).values()];

test('every filter alone, and each with each other, is found by index, and reads little', async () => {
  const many: string[] = [];
  for (const filter of distinct) {
    const plans: Plan[] = [];
    await listAlerts(explained(plans), filter);
    const read = readBy(plans);
    if (read > blocks * 0.75) many.push(`${JSON.stringify(filter)}: ${read} of ${blocks}`);
  }
  expect(many).toEqual([]);
});

test('and so are incidents by each filter of their alerts', async () => {
  const many: string[] = [];
  for (const { state, shadow: _, ...filter } of filters) {
    const plans: Plan[] = [];
    await listIncidents(explained(plans), { ...filter, ...(state === 'open' && { state }) });
    readBy(plans);
    const read = readBy(plans.slice(0, -1));
    // Which of two ways is taken hangs on what ANALYZE happened to look at.
    if (read > blocks * 2) many.push(`${JSON.stringify(filter)}: ${read} of ${blocks}`);
  }
  const plans: Plan[] = [];
  await getIncident(explained(plans), filledId(60_000 - 1));
  readBy(plans);
  expect(many).toEqual([]);
});

test('pages further down are found as fast as the first', async () => {
  const cursor = Buffer.from(`${new Date(at(0.1)).toISOString()} x`).toString('base64url');
  for (const filter of [{}, { state: 'closed' as const }, { severity: 'low' as const }, { rule: 'rule-1' }]) {
    const plans: Plan[] = [];
    await listAlerts(explained(plans), { ...filter, cursor });
    expect(readBy(plans)).toBeLessThan(blocks);
  }
});

test('without the extension a search finds the same', async () => {
  const filter: AlertFilter = { q: 'user310' };
  const found = await listAlerts(pg.database, filter);
  expect(found.items.length).toBeGreaterThan(0);
  await pg.database.query('DROP EXTENSION pg_trgm CASCADE');
  expect(await listAlerts(pg.database, filter)).toEqual(found);
});
