import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cli } from '../../apps/weir/testing/cli.js';
import { type AlertOutcome, adminKey, settledAlerts } from './outcome.js';

const generator = fileURLToPath(new URL('../../../shared/tools/gen-traffic.mjs', import.meta.url));
const hasGenerator = existsSync(generator);
if (!hasGenerator) console.warn('LEFT OUT: THE TRAFFIC GENERATOR IS NOT THERE (../shared/tools)');

const events = 1_000_000;

/** By what the generator calls them: the rule that is for them. */
const ruleOf = {
  bruteForce: 'web-login-bruteforce',
  prober: 'web-path-probing',
  crawler: 'web-crawling',
  lowAndSlow: 'web-login-bruteforce-slow',
};
type Truth = Record<keyof typeof ruleOf, string[]>;

describe.runIf(hasGenerator).each([42, 7])('a million lines of generated traffic, seed %i', (seed) => {
  let folder: string;
  let file: string;
  let truth: Truth;
  let alerts: AlertOutcome[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weir-generated-'));
    file = join(folder, 'access.log');
    const facts = join(folder, 'truth.json');
    await promisify(execFile)(process.execPath, [generator, file, facts, String(events), String(seed), 'nginx']);
    truth = JSON.parse(readFileSync(facts, 'utf8')) as Truth;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('every attacker is found by the rule for it, and nobody else is named', async () => {
    alerts = await alertsOf(file);
    const named = (rule: string) => new Set(alerts.filter((alert) => alert.rule === rule).map(addressOf));
    for (const [kind, rule] of Object.entries(ruleOf) as [keyof Truth, string][]) {
      expect(truth[kind].filter((ip) => !named(rule).has(ip))).toEqual([]);
    }
    const attackers = Object.keys(ruleOf).flatMap((kind) => truth[kind as keyof Truth]);
    expect(attackers).toHaveLength(50);
    expect(alerts.filter((alert) => !attackers.includes(addressOf(alert)))).toEqual([]);
  });

  test('a second run says the same', async () => {
    expect(await alertsOf(file)).toEqual(alerts);
  });
});

const addressOf = ({ group }: AlertOutcome): string => group['c-ip'];

/** From a file, by the command line and a Weir of its own. */
async function alertsOf(file: string): Promise<AlertOutcome[]> {
  const cli = new Cli();
  try {
    const { url } = await cli.start();
    const { code, stderr } = await cli.run(['ingest', file, '--as', 'nginx']);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const alerts = await settledAlerts(cli, url, adminKey(cli));
    expect(await cli.json('audit')).toMatchObject({ agrees: true });
    return alerts;
  } finally {
    await cli.close();
  }
}
