import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contextOf, eventsIn } from '../testing/outcome.js';
import { sshd } from './sshd.js';

interface Failure {
  ip: string;
  user: string;
  /** Seconds since the epoch. */
  time: number;
}

/**
 * Real auth logs, with answers that were computed without this code: for each rule `failN_Ws` and address (or user),
 * how many failed logins, the most in any window (t−W, t], the first failure, and when N were first reached.
 */
describe.each([
  { folder: '../shared/data/ssh-auth', file: 'auth.log', failures: 1_042, addresses: 105 },
  { folder: '../shared/data/ssh-openssh2k', file: 'OpenSSH_2k.log', failures: 532, addresses: 24 },
])('failed logins of $folder', ({ folder, file, failures: expectedFailures, addresses }) => {
  if (!existsSync(`${folder}/${file}`)) {
    console.log(`LEFT OUT: THE RECOUNT OF REAL SSH LOGS, BECAUSE ${folder}/${file} IS NOT THERE`);
    it.skip('is not there');
    return;
  }
  const bytes = readFileSync(`${folder}/${file}`);
  const parse = sshd.open(contextOf({ year: 2017 }));
  const lines = sshd.split(bytes);
  const events = lines.flatMap(({ start, end }) => eventsIn(parse(bytes.subarray(start, end), start)));
  const failures = events
    .filter(({ type, data }) => type === 'login' && data.outcome === 'failure')
    .map(({ data, time }) => ({ ip: data.ip, user: data.user, time: Date.parse(time) / 1_000 }) as Failure);

  it('are all found, and no line is lost', () => {
    expect(events.length).toBeGreaterThanOrEqual(lines.length);
    expect(failures).toHaveLength(expectedFailures);
    expect(new Set(failures.map(({ ip }) => ip)).size).toBe(addresses);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  it('give every row of the expected answers, and only those', () => {
    const rows = readFileSync(`${folder}/expected.csv`, 'utf8').trim().split('\n').slice(1);
    const rules = new Set(rows.map((row) => row.split(',').slice(0, 4).join(',')));
    const found = [...rules].flatMap((rule) => recount(failures, rule));
    expect(found.sort()).toEqual(rows.map((row) => row.split(',').slice(0, 9).join(',')).sort());
  });
});

/** Rows of one rule, by counting every window anew. */
function recount(failures: readonly Failure[], rule: string): string[] {
  const [, keyType, window, threshold] = rule.split(',');
  const groups = Map.groupBy(failures, (failure) => (keyType === 'ip' ? failure.ip : failure.user));
  return [...groups].flatMap(([key, group]) => {
    const counts = group.map(
      ({ time: end }) => group.filter(({ time }) => time > end - Number(window) && time <= end).length,
    );
    const firing = group.filter((_, i) => counts[i] >= Number(threshold)).map(({ time }) => time);
    if (firing.length === 0) return [];
    const first = Math.min(...group.map(({ time }) => time));
    return [[rule, key, group.length, Math.max(...counts), iso(first), iso(Math.min(...firing))].join(',')];
  });
}

const iso = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace('.000', '');
