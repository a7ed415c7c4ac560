import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { systemClock } from '#libs/clock';
import { type Log, openEmbeddedLog } from '#libs/log';
import type { BacktestPorts, BacktestReport, BacktestRequest } from '../src/index.js';
import { backtest } from '../src/index.js';

/** A login that failed; `user` may be left out. */
export interface Attempt {
  ip: string;
  /** Event time, ms. */
  time: number;
  user?: string;
  bytes?: number;
  /** The same again is a repeat. */
  id?: string;
}

const startMs = Date.UTC(2026, 0, 1, 12);
/** So long after noon. */
export const seconds = (n: number): number => startMs + n * 1000;

/** Attempts of few addresses within two minutes, some of them written late, some twice. */
export const attempts: fc.Arbitrary<Attempt[]> = fc
  .array(
    fc.record({
      ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3'),
      time: fc.integer({ min: 0, max: 100 }).map(seconds),
      lateMs: fc.constantFrom(0, 0, 0, 4000, 9000),
      user: fc.constantFrom('a', 'b', 'c', 'd'),
      bytes: fc.integer({ min: 1, max: 5 }),
      id: fc.option(
        fc.integer({ min: 0, max: 9 }).map((n) => `r${n}`),
        { nil: undefined, freq: 8 },
      ),
    }),
    { maxLength: 120, minLength: 20 },
  )
  .map((all) => {
    // A repeat is the same event.
    const byId = new Map<string, Attempt>();
    const same = all.map((one) =>
      one.id === undefined ? one : (byId.get(one.id) ?? byId.set(one.id, one).get(one.id)!),
    );
    return (same as (Attempt & { lateMs: number })[]).toSorted((a, b) => a.time + a.lateMs - b.time - b.lateMs);
  });

/** An attempt a second. */
export const burst = (ip: string, count: number, second = 0): Attempt[] =>
  Array.from({ length: count }, (_, i) => ({ ip, time: seconds(second + i) }));

/** A folder with a log, which goes with the test. */
export async function openTestLog(partitions: number): Promise<Log & AsyncDisposable> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-backtest-'));
  const log = await openEmbeddedLog({ directory, clock: systemClock });
  await log.createTopic('login', { partitions });
  return Object.assign(log, {
    async [Symbol.asyncDispose]() {
      await log.close();
      rmSync(directory, { recursive: true, force: true });
    },
  });
}

let ids = 0;

/** Appends in this order, so many an append. */
export async function append(log: Log, attempts: readonly Attempt[], together = attempts.length): Promise<void> {
  for (let at = 0; at < attempts.length; at += together) {
    await log.append(
      'login',
      attempts.slice(at, at + together).map(({ ip, time, id = `#${ids++}`, user = 'root', bytes = 1 }) => ({
        key: Buffer.from(ip),
        time,
        value: Buffer.from(
          JSON.stringify({
            specversion: '1.0',
            id,
            source: 'test',
            type: 'login',
            time: new Date(time).toISOString(),
            data: { outcome: 'failure', ip, user, bytes },
          }),
        ),
      })),
    );
  }
}

/** A correlation of failed logins by address; `body`: of its `correlation`. */
export const ruleOf = (body: string, id = 'guessing'): string => `title: Failed logins
name: failed
logsource: {product: weir, service: login}
detection:
  selection:
    outcome: failure
  condition: selection
---
title: Guessing
id: ${id}
name: ${id}
level: high
correlation:
  rules: [failed]
  group-by: [ip]
  ${body}
`;

export function requestOf(text: string, given: Partial<BacktestRequest> = {}): BacktestRequest {
  return {
    files: [{ file: 'rule.yml', text }],
    rules: [{ id: 'guessing' }],
    thresholds: [],
    fromMs: null,
    untilMs: null,
    nowMs: systemClock.now(),
    marks: [],
    exception: null,
    write: false,
    options: { latenessMs: 1000, dedupeHorizonMs: 600_000, identitiesMax: 100_000, groupsMax: 1_000_000 },
    ...given,
  };
}

export function run(log: Log, request: BacktestRequest, ports: Partial<BacktestPorts> = {}): Promise<BacktestReport> {
  const written = async () => ({ alerts: 0, known: 0 });
  return backtest(request, { log, told: () => {}, write: written, elapsedMs: () => 0, ...ports });
}
