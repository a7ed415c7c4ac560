import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { readScenarios, scenarioTester, type Tested, verdicts, writeScenario } from '#libs/backtest';
import { compileRules } from '#libs/sigma';
import { alertIdOf } from '../alert-ids.js';
import { CommandError } from '../errors.js';
import { readRuleFiles } from '../server/rule-files.js';
import type { Shell } from '../shell.js';
import { count } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';

interface Fixture {
  alert: string;
  verdict: string;
  rule: { name: string; version: number };
  events: number;
  files: Record<string, string>;
}

interface Report {
  passed: number;
  failed: number;
  items: Tested[];
}

const FIXTURE = `
  weir rules fixture ukZPPlSqT9bbFNGI
  weir rules fixture ukZPPlSqT9bbFNGI --verdict true-positive --out fixtures`;
const TEST = `
  weir rules test
  weir rules test fixtures --rules /etc/weir/rules
  weir rules test --running`;

/** What keeps alerts as fixtures, and tests rules with them. */
export function ruleTestCommands(shell: Shell): Command[] {
  return [
    new Command('fixture')
      .description('keep the events of an alert, and the rule as it was, to test rules with')
      .addHelpText('after', examples(FIXTURE))
      .argument('<alert>', 'its id', alertIdOf)
      .option('--out <folder>', 'where its folder goes (default: `fixtures` in WEIR_RULES_DIR)')
      .addOption(
        new Option('--verdict <what>', 'default: as the alert is marked; false-positive where it is not').choices(
          verdicts,
        ),
      )
      .action((alert: string, flags: { out?: string; verdict?: string }) => fixture(shell, alert, flags)),
    new Command('test')
      .description('run the rules over fixtures; needs no running Weir, unless --running')
      .addHelpText('after', examples(TEST))
      .argument('[path]', 'a folder of fixtures, or one (default: `fixtures` in the folder of the rules)')
      .option('--rules <path>', 'the rules, a folder or a file (default: WEIR_RULES_DIR)')
      .option('--running', 'the rules of the running Weir, over the fixtures that it keeps')
      .action((path: string | undefined, flags: { rules?: string; running?: boolean }) => test(shell, path, flags)),
  ];
}

async function fixture(shell: Shell, alert: string, flags: { out?: string; verdict?: string }): Promise<void> {
  const { verdict, out = fixturesIn(shell.config.rulesDir) } = flags;
  const saved = await shell.client().post<Fixture>(`/api/v1/alerts/${encodeURIComponent(alert)}/fixture`, { verdict });
  const { files, ...about } = saved;
  const folder = join(out, `${saved.rule.name.replaceAll(/[^\w.-]/g, '-')}-${saved.alert}`);
  try {
    writeScenario(folder, files);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CommandError('FOLDER_UNUSABLE', `${folder} can't be written (${code}): name another with --out.`, {
      code,
    });
  }
  const wanted = saved.verdict === 'false-positive' ? 'not to alert' : 'to alert';
  show(shell.terminal, { ...about, folder }, () => {
    return `${folder}: ${count(saved.events)} events; ${saved.rule.name} is wanted ${wanted} about them.`;
  });
}

async function test(
  shell: Shell,
  path: string | undefined,
  { rules, running = false }: { rules?: string; running?: boolean },
): Promise<void> {
  if (running && (path !== undefined || rules !== undefined))
    throw new CommandError(
      'USAGE',
      '--running tests what the running Weir keeps: give it neither a folder nor --rules.',
    );
  const report = running
    ? await shell.client().post<Report>('/api/v1/fixtures/test', {})
    : testFolder(shell, path, rules ?? shell.config.rulesDir);
  show(shell.terminal, report, () => [...report.items.map(lineOf), sumOf(report)].join('\n'));
  if (report.failed === 0) return;
  const said = `${count(report.failed)} of ${count(report.items.length)} fixtures fail: amend the rules, or remove those that are no longer right.`;
  throw new CommandError('CHECK_FAILED', said);
}

function testFolder(shell: Shell, path: string | undefined, rulesPath: string): Report {
  const rules = compileRules(readRuleFiles(rulesPath));
  if (rules.problems.length > 0) {
    const said = `${count(rules.problems.length)} problems in the rules of ${rulesPath}: what was refused is left out.`;
    shell.terminal.note(`${said} \`weir rules check\` says why.`);
  }
  const folder = path ?? fixturesIn(rulesPath);
  if (path === undefined && !existsSync(folder)) return { passed: 0, failed: 0, items: [] };
  const { latenessMs, groupsMax } = shell.config;
  const items = scenariosIn(folder).map(scenarioTester(rules, { latenessMs, groupsMax }));
  const passed = items.filter((tested) => tested.passed).length;
  return { passed, failed: items.length - passed, items };
}

function scenariosIn(folder: string): ReturnType<typeof readScenarios> {
  try {
    return readScenarios(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'SCENARIO_UNREADABLE') throw cause;
    throw new CommandError('FOLDER_UNUSABLE', `The fixtures in ${folder} can't be read (${code}): name their folder.`, {
      code,
    });
  }
}

const fixturesIn = (rulesPath: string): string => join(rulesPath, 'fixtures');

function lineOf({ name, verdict, passed, said }: Tested): string {
  const head = `${passed ? 'passed' : 'failed'}  ${name}${verdict ? ` (${verdict})` : ''}`;
  return [head, ...said.map((reason) => `  ${reason.replace(/\.$/, '')}.`)].join('\n');
}

function sumOf({ passed, failed }: Report): string {
  if (passed + failed === 0) return 'There are no fixtures: `weir rules fixture ALERT` makes one.';
  return `${count(passed)} passed, ${count(failed)} failed.`;
}
