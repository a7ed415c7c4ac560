import { setTimeout as delay } from 'node:timers/promises';
import type { WeirClient } from '../client/client.js';
import { Sender } from '../ingest/sender.js';
import { attackerKinds } from '../simulate/attackers.js';
import { liveBatches } from '../simulate/pace.js';
import { type PlantedAttacker, planTraffic } from '../simulate/traffic.js';
import { demoMail } from './mail.js';
import { type FoundAlert, judge, type Verdict } from './verdict.js';

const SEED = 42;
const RATE = 50;
const SECONDS = 40;
/** After the last event: what was planted and is not found by then is missed. */
const FIND_MS_MAX = 15_000;
const LOOK_MS = 250;

export interface DemoPorts {
  client: WeirClient;
  now(): number;
  signal: AbortSignal;
  /** Told of each alert when it opens. `seconds`: since the demo began. */
  alert(alert: FoundAlert, seconds: number): void;
}

/** Plays traffic with known attackers at the pace of the clock, and says who was found. */
export async function playDemo(ports: DemoPorts): Promise<Verdict> {
  const start = ports.now();
  const mail = await demoMail(start, SECONDS);
  const attackers = new Map(attackerKinds.map((kind) => [kind.name, 1]));
  const options = { seed: SEED, rate: RATE, seconds: SECONDS, start, attackers };
  const traffic = planTraffic(options, mail.happenings);
  const planted = [...traffic.attackers, ...mail.planted];
  const since = new Date(Math.min(...planted.map(({ firstSeen }) => Date.parse(firstSeen)))).toISOString();
  const watching = new AbortController();
  const watched = watchAlerts(ports, since, start, watching.signal);
  try {
    const sender = new Sender(ports.client, ports.signal, () => undefined);
    for await (const body of liveBatches(traffic.events(), ports.now, ports.signal)) {
      await sender.send('/api/v1/ingest/ndjson', { body, contentType: 'application/x-ndjson' });
    }
    return await verdictInTime(ports, planted, since);
  } finally {
    watching.abort();
    await watched;
  }
}

/** The verdict once everybody is found, or time is up. */
async function verdictInTime(ports: DemoPorts, planted: readonly PlantedAttacker[], since: string): Promise<Verdict> {
  const deadline = ports.now() + FIND_MS_MAX;
  for (;;) {
    const { caughtUp } = await ports.client.get<{ caughtUp: boolean }>('/api/v1/lag');
    const verdict = judge(planted, await alertsActiveSince(ports.client, since));
    if ((verdict.missed === 0 && caughtUp) || ports.now() > deadline || ports.signal.aborted) return verdict;
    await delay(LOOK_MS);
  }
}

/** Alerts of which something happened since then: an episode may have begun in an earlier demo, and go on. */
async function alertsActiveSince(client: WeirClient, since: string): Promise<FoundAlert[]> {
  const alerts: FoundAlert[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.get<{ items: FoundAlert[]; next: string | null }>('/api/v1/alerts', {
      limit: 200,
      cursor,
    });
    alerts.push(...page.items.filter(({ lastSeen }) => lastSeen >= since));
    cursor = page.next ?? undefined;
  } while (cursor);
  return alerts;
}

/** Tells of each alert once, when it first shows. */
async function watchAlerts(ports: DemoPorts, since: string, start: number, signal: AbortSignal): Promise<void> {
  const told = new Set<string>();
  try {
    for await (const { event, data } of ports.client.stream('/api/v1/alerts/stream', {}, signal)) {
      if (event !== 'alert') continue;
      const alert = JSON.parse(data) as FoundAlert & { state: string };
      if (told.has(alert.id) || alert.state === 'merged' || alert.lastSeen < since) continue;
      told.add(alert.id);
      ports.alert(alert, (ports.now() - start) / 1_000);
    }
  } catch (error) {
    if (!signal.aborted && !ports.signal.aborted) throw error;
  }
}
