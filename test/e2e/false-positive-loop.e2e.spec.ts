import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BacktestReport } from '#libs/backtest';
import type { Exception } from '../../apps/weir/src/backtest/exception-text.js';
import { packageRoot } from '../../apps/weir/src/package-root.js';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { adminKey } from './outcome.js';

interface Alert {
  id: string;
  group: { ip: string };
  openedAt: string;
}
interface Tested {
  passed: number;
  failed: number;
}
type Proposed = Exception & { candidate: number; backtest: BacktestReport | null; file: string | null };

const scanner = '192.0.2.7';
const attackers = ['198.51.100.1', '203.0.113.9'];
const cli = new Cli();
const rulesDir = join(cli.dataDir, 'rules');
const file = join(rulesDir, 'exceptions/our-scanner.yml');
let weir: Running;
let sent = 0;

beforeAll(async () => {
  cpSync(join(packageRoot, 'rules'), rulesDir, { recursive: true });
  weir = await cli.start({ WEIR_RULES_DIR: rulesDir });
});
afterAll(() => cli.close());

async function api<T>(method: string, path: string, body?: object, headers: object = {}): Promise<T> {
  const type = body ? { 'content-type': 'application/json' } : {};
  const response = await fetch(`${weir.url}/api/v1${path}`, {
    method,
    headers: { 'x-api-key': adminKey(cli), ...type, ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as T) };
}
/** Ten failed logins of the address within ten seconds, counted. */
async function guess(hour: number, ip: string, user: (i: number) => string): Promise<void> {
  const lines = Array.from({ length: 10 }, (_, i) => {
    const time = new Date(Date.UTC(2026, 0, 15, hour, 0, i)).toISOString();
    const data = { outcome: 'failure', service: 'sshd', ip, user: user(i), host: `web-${i % 2}` };
    return `${JSON.stringify({ specversion: '1.0', id: `${sent++}`, source: '/test', type: 'login', time, data })}\n`;
  });
  const response = await fetch(`${weir.url}/api/v1/ingest/ndjson`, {
    method: 'POST',
    headers: { 'x-api-key': adminKey(cli), 'content-type': 'application/x-ndjson' },
    body: lines.join(''),
  });
  expect(response.status).toBe(200);
}
async function hourOf(hour: number): Promise<void> {
  await guess(hour, scanner, () => 'nagios');
  for (const ip of attackers) await guess(hour, ip, (i) => `user${i}`);
  await cli.json('lag', '--wait');
}
const alerts = async () => (await api<{ items: Alert[] }>('GET', '/alerts?rule=ssh-bruteforce&limit=200')).items;
const openedIn = async (hour: number) =>
  (await alerts())
    .filter(({ openedAt }) => new Date(openedAt).getUTCHours() === hour)
    .map(({ group }) => group.ip)
    .sort();
const tested = () => api<Tested>('POST', '/fixtures/test', {});

test('marked as a false positive, an alert leads to an exception that silences it alone, and it does not come again', async () => {
  await hourOf(8);
  expect(await openedIn(8)).toEqual([scanner, ...attackers].sort());
  const all = await alerts();
  const innocent = all.find(({ group }) => group.ip === scanner)!;
  const guilty = all.find(({ group }) => group.ip === attackers[0])!;

  // Marked: the fixture is made behind the answer.
  const mark = (id: string, verdict: string) => api<object>('PATCH', `/alerts/${id}`, { verdict }, { 'if-match': '*' });
  expect(await mark(innocent.id, 'false-positive')).toMatchObject({ status: 200 });
  const kept = async () => (await api<{ status: number }>('GET', `/fixtures/${innocent.id}`)).status;
  await expect.poll(kept).toBe(200);
  const failing = await cli.run(['rules', 'test', '--running']);
  expect(failing).toMatchObject({ code: 1, stdout: expect.stringContaining('still alerts about ip 192.0.2.7') });

  // Proposed, from narrow to wide; each was compiled and run.
  const { candidates, proposed, affects, events } = await api<Exception>('GET', `/alerts/${innocent.id}/exception`);
  expect({ proposed, affects: affects.sort(), events }).toEqual({
    proposed: 0,
    affects: ['ssh-bruteforce', 'ssh-bruteforce-slow'],
    events: 10,
  });
  expect(candidates.map(({ selections }) => selections)).toEqual([
    [{ rule: 'ssh-login-failed', fields: { ip: scanner, user: 'nagios', service: 'sshd' } }],
    [{ rule: 'ssh-login-failed', fields: { ip: scanner, user: 'nagios' } }],
    [{ rule: 'ssh-login-failed', fields: { ip: scanner } }],
  ]);
  expect(candidates.every((candidate) => candidate.passes && candidate.events === 10)).toBe(true);

  // Tried: exactly this alert goes, the attackers stay as they are.
  const [, { text }] = candidates;
  const args = ['rules', 'exception', innocent.id, '--candidate', '2', '--backtest', '--from', '2026-01-15T00:00:00Z'];
  const { backtest, file: none } = await cli.json<Proposed>(...args);
  expect(none).toBeNull();
  const silenced = Object.fromEntries(backtest!.rules.map(({ rule, silenced }) => [rule.name, silenced!]));
  expect(silenced['ssh-bruteforce']).toMatchObject({
    lost: 1,
    kept: 2,
    changed: 0,
    added: 0,
    truePositivesLost: 0,
    falsePositivesLost: 1,
    lostAlerts: [{ id: innocent.id, group: { ip: scanner }, openedAt: innocent.openedAt, verdict: 'false-positive' }],
  });
  expect(silenced['ssh-bruteforce'].keptAlerts.map(({ group }) => group.ip).sort()).toEqual(attackers.toSorted());
  expect(silenced['ssh-bruteforce-slow']).toMatchObject({ lost: 0, kept: 0, added: 0 });
  const shown = await cli.run(args);
  expect(shown.stdout).toContain(
    'ssh-bruteforce: 1 alert lost (1 marked as false positives), 2 kept, 0 of them changed',
  );

  // A filter that takes out an alert that was right is not written once that is known.
  await mark(guilty.id, 'true-positive');
  const wrong = ['rules', 'exception', guilty.id, '--backtest', '--apply', file];
  const stopped = await cli.run(wrong);
  expect(stopped).toMatchObject({ code: 1, stderr: expect.stringContaining('marked as true positives') });
  expect(stopped.stdout).toContain(`WARNING: 1 true positive would be lost:\n  ! ${guilty.id} of ip ${attackers[0]}`);
  expect(existsSync(file)).toBe(false);

  // Applied: its file takes over, the fixture passes.
  expect(await cli.json<Proposed>(...args, '--apply', file)).toMatchObject({ candidate: 2, file });
  expect(readFileSync(file, 'utf8')).toBe(text);
  await expect.poll(tested).toMatchObject({ passed: 2, failed: 0 });
  expect(await cli.run(['rules', 'check', rulesDir])).toMatchObject({ code: 0 });
  expect(await cli.run(['rules', 'exception', innocent.id])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no exception is needed'),
  });
  expect(await cli.run([...args.slice(0, 3), '--apply', file])).toMatchObject({ code: 1 });

  // The same again, hours later: the attackers alone.
  await hourOf(12);
  expect(await openedIn(12)).toEqual(attackers.toSorted());
});

test('what can not be proposed or tried is refused in a sentence', async () => {
  expect(await api('GET', '/alerts/none/exception')).toMatchObject({ status: 404, code: 'ALERT_UNKNOWN' });
  const filter = (rules: string) => ({
    text: `title: T\nname: t\nlogsource: {product: weir, service: login}\nfilter: {rules: ${rules}, s: {ip: a}, condition: s}\n`,
  });
  const tried = (body: object) => api<{ status: number; detail: string }>('POST', '/backtests', body);
  expect(await tried({})).toMatchObject({ status: 422, detail: 'rules is missing.' });
  expect(await tried({ exception: filter('[none]') })).toMatchObject({ status: 422, code: 'RULE_REFUSED' });
  expect(await tried({ exception: filter('[ssh-login-failed]'), write: true })).toMatchObject({ status: 422 });
  expect((await tried({ exception: { text: readFileSync(join(rulesDir, 'api/flood.yml'), 'utf8') } })).status).toBe(
    422,
  );
});
