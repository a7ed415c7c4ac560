import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#libs/clock';
import { eventTypes } from '#libs/events';
import { type Log, openEmbeddedLog } from '#libs/log';
import type { Cli } from '../../apps/weir/testing/cli.js';
import { settledBefore } from './traffic.js';

interface AlertItem {
  rule: { name: string };
  group: Record<string, string>;
  state: string;
  firstSeen: string;
  openedAt: string;
  lastSeen: string;
  closedAt: string | null;
  value: number;
  peak: number;
  events: number;
}

/** What must be the same whatever happened on the way; ids and revisions tell of the way. */
export type AlertOutcome = Omit<AlertItem, 'rule'> & { rule: string };

/** The key that the first start made. */
export const adminKey = ({ dataDir }: Cli): string => readFileSync(join(dataDir, 'admin.key'), 'utf8').trim();

const settleMsMax = 20_000;

/** All alerts once every consumer has caught up and what is over is closed, in a fixed order. */
export async function settledAlerts(cli: Cli, url: string, key: string): Promise<AlertOutcome[]> {
  await cli.json('lag', '--wait');
  for (let waited = 0; ; waited += 250) {
    const alerts = await alertsOf(url, key);
    // Time passes for the windows once a second.
    const late = alerts.filter(({ openedAt, state }) => openedAt < settledBefore && state === 'open');
    if (late.length === 0 || waited >= settleMsMax) return alerts;
    await delay(250);
  }
}

export async function alertsOf(url: string, key: string): Promise<AlertOutcome[]> {
  const alerts: AlertOutcome[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ limit: '200', ...(cursor ? { cursor } : {}) });
    const response = await fetch(`${url}/api/v1/alerts?${query}`, { headers: { 'x-api-key': key } });
    if (response.status === 503) {
      // PostgreSQL is not back yet.
      await delay(100);
      continue;
    }
    const page = (await response.json()) as { items: AlertItem[]; next: string | null };
    for (const { rule, group, state, firstSeen, openedAt, lastSeen, closedAt, value, peak, events } of page.items) {
      const times = { firstSeen, openedAt, lastSeen, closedAt };
      alerts.push({ rule: rule.name, group, state, ...times, value, peak, events });
    }
    cursor = page.next;
  }
  const keyOf = ({ rule, group, openedAt }: AlertOutcome) => JSON.stringify([rule, group, openedAt]);
  return alerts.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** How often each event is in the log of a Weir that has stopped, by `source` and `id`. */
export async function copiesInLog(dataDir: string): Promise<Map<string, number>> {
  const damage: unknown[] = [];
  const log = await openEmbeddedLog({
    directory: join(dataDir, 'log'),
    clock: systemClock,
    onDamage: (each) => damage.push(each),
  });
  const copies = await copiesIn(log).finally(() => log.close());
  if (damage.length > 0) throw new RangeError(`The log was damaged: ${JSON.stringify(damage)}`);
  return copies;
}

/** How often each event is in a log, by `source` and `id`. */
export async function copiesIn(log: Log): Promise<Map<string, number>> {
  const copies = new Map<string, number>();
  const known = new Set(await log.topics());
  for (const { topic } of eventTypes.filter((type) => !type.internal && known.has(type.topic))) {
    for (const { partition, earliest, next } of (await log.describe(topic)).partitions) {
      for (let offset = earliest; offset < next; ) {
        const batch = await log.read(topic, partition, offset);
        for (let i = 0; i < batch.count; i++) {
          const { source, id } = JSON.parse(batch.value(i).toString()) as { source: string; id: string };
          copies.set(`${source} ${id}`, (copies.get(`${source} ${id}`) ?? 0) + 1);
        }
        offset = batch.nextOffset;
      }
    }
  }
  return copies;
}
