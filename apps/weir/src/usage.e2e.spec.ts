import { afterAll, describe, expect, test } from 'vitest';
import { Cli } from '../testing/cli.js';

const cli = new Cli();
afterAll(() => cli.close());

describe('bad usage', () => {
  test.each([
    [['tpics'], "weir: unknown command 'tpics' (Did you mean topics?) See `weir --help`."],
    [['topics', '--foo'], "weir: unknown option '--foo'. See `weir topics --help`."],
    [['ingest', 'x.log'], "weir: required option '--as <stream>' not specified. See `weir ingest --help`."],
    [['ingest', '-', '--as', 'sshd', '--follow'], 'weir: stdin (-) goes alone, without --follow and --shift-to-now.'],
    [['start', 'everything'], 'Parts are ingest, detect, project, notify, api.'],
    [['simulate', '--attackers', 'vandals'], '--attackers takes a number or a list'],
  ])('%j ends with 2 and one sentence', async (args, said) => {
    const { code, stdout, stderr } = await cli.run(args);
    expect(stderr).toContain(said);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect([code, stdout]).toEqual([2, '']);
  });

  test('a wrong environment is bad usage, too', async () => {
    const { code, stderr } = await cli.run(['topics'], { WEIR_HTTP_PROT: '1' });
    expect([code, stderr]).toEqual([
      2,
      'weir: WEIR_HTTP_PROT: Weir has no such variable. Did you mean WEIR_HTTP_PORT?\n',
    ]);
  });
});

test('where nothing answers, the question is whether Weir runs', async () => {
  const { code, stderr } = await cli.run(['topics'], { WEIR_URL: 'http://127.0.0.1:9' });
  expect(code).toBe(1);
  expect(stderr).toContain('is Weir running? Start it with `npm start`');
});

test('help names every variable with its default', async () => {
  const { code, stdout } = await cli.run(['start', '--help']);
  expect(code).toBe(0);
  for (const name of ['WEIR_DATA_DIR', 'WEIR_RETENTION', 'WEIR_URL']) expect(stdout).toContain(name);
  expect(stdout).toContain('default: ./data');
});

test.each([
  ['keys', 'create'],
  ['keys', 'list'],
  ['keys', 'revoke'],
  ['rules', 'check'],
  ['rules', 'list'],
])('help of %s %s has an example', async (...command) => {
  const { stdout } = await cli.run([...command, '--help']);
  expect(stdout).toContain(`Examples:\n  weir ${command.join(' ')}`);
});

test('the doctor finds this machine well, and a missing rules folder not', async () => {
  const well = await cli.run(['doctor', '--json'], { WEIR_DATA_DIR: `${cli.dataDir}/new` });
  expect(JSON.parse(well.stdout)).toMatchObject({ ok: true });
  expect(well.code).toBe(0);
  const ill = await cli.run(['doctor'], { WEIR_RULES_DIR: '/nowhere' });
  expect(ill.code).toBe(1);
  expect(ill.stdout).toMatch(/^fail {2}rules .*set WEIR_RULES_DIR/m);
});

test('rules check names file, line and column of what is wrong', async () => {
  expect((await cli.run(['rules', 'check'])).code).toBe(0);
  const { code, stdout } = await cli.run(['rules', 'check', 'package.json']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^package\.json:\d+:\d+:/);
});

test('simulated traffic in a file is the same whenever it is made', async () => {
  const args = ['simulate', '--out', '-', '--seconds', '3', '--rate', '20', '--attackers', 'probing'];
  const [first, second] = [await cli.run(args), await cli.run(args)];
  expect(first.stdout).toBe(second.stdout);
  expect(first.stdout.trimEnd().split('\n')).toHaveLength(60 + 120);
});
