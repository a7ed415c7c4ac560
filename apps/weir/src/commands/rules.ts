import { Command, Option } from 'commander';
import { compileRules, formatProblem, ruleSchema } from '#libs/sigma';
import { CommandError } from '../errors.js';
import { readRuleFiles } from '../server/rule-files.js';
import type { Shell } from '../shell.js';
import { count, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';
import { ruleChangeCommands } from './rule-changes.js';
import { exceptionCommand } from './rule-exceptions.js';
import { ruleTestCommands } from './rule-tests.js';

const figures = ['cost', 'events', 'groups', 'alerts'];

interface Counters {
  events: number;
  groups: number;
  alerts: number;
  late: number;
  evictedGroups: number;
  truncatedEvents: number;
  microsPerEvent: number;
}

interface Rule {
  counters: Counters | null;
  name: string;
  state: string;
  source: string;
  title: string;
  version: number;
  severity: string;
  type: string;
  alerting: boolean;
  group: string[];
  timespan: string | null;
  condition: Record<string, number> | null;
}

const CHECK = `
  weir rules check
  weir rules check /etc/weir/rules --json`;
const LIST = `
  weir rules list
  weir rules list --by cost
  weir rules schema > rule.schema.json`;
const CHANGE = `
  weir rules put my-rule rule.yml
  weir rules shadow my-rule`;
const TEST = `
  weir rules fixture ukZPPlSqT9bbFNGI
  weir rules test
  weir rules exception ukZPPlSqT9bbFNGI --backtest`;

export function rulesCommand(shell: Shell): Command {
  const rules = new Command('rules')
    .description(
      'check and test rule files; list, show, add, change, enable, disable, shadow, promote and import rules',
    )
    .addHelpText('after', examples(CHECK, LIST, TEST, CHANGE));
  rules
    .command('check')
    .description('compile the rules of a folder or file and say what is wrong with them; needs no running Weir')
    .addHelpText('after', examples(CHECK))
    .argument('[path]', 'default: WEIR_RULES_DIR')
    .action((path: string | undefined) => check(shell, path ?? shell.config.rulesDir));
  rules
    .command('list')
    .description('list the rules that run, and those that were refused')
    .addHelpText('after', examples(LIST))
    .addOption(new Option('--by <what>', 'the most first, with what this process has counted').choices(figures))
    .action(({ by }: { by?: string }) => list(shell, by));
  rules
    .command('schema')
    .description('print the JSON Schema of a rule, for editors')
    .action(() => show(shell.terminal, ruleSchema, () => JSON.stringify(ruleSchema, null, 2)));
  for (const command of [...ruleTestCommands(shell), exceptionCommand(shell), ...ruleChangeCommands(shell)])
    rules.addCommand(command);
  return rules;
}

function check(shell: Shell, path: string): void {
  const { detections, correlations, problems } = compileRules(readRuleFiles(path));
  const summary = {
    ok: problems.length === 0,
    detections: detections.length,
    correlations: correlations.length,
    problems,
  };
  const good = `${count(correlations.length)} correlations and ${count(detections.length)} detections compile`;
  show(shell.terminal, summary, () => [...problems.map(formatProblem), `${good}.`].join('\n'));
  if (problems.length === 0) return;
  throw new CommandError(
    'CHECK_FAILED',
    `${count(problems.length)} problems in the rules of ${path}: these rules do not run until they are mended.`,
  );
}

async function list(shell: Shell, by?: string): Promise<void> {
  const page = await shell
    .client()
    .get<{ items: Rule[]; problems: Parameters<typeof formatProblem>[0][] }>('/api/v1/rules', { by });
  const counted = [
    { title: 'µs per event', value: ({ counters }: Rule) => counters?.microsPerEvent ?? null },
    { title: 'events', value: ({ counters }: Rule) => counters?.events ?? null },
    { title: 'groups', value: ({ counters }: Rule) => counters?.groups ?? null },
    { title: 'alerts', value: ({ counters }: Rule) => counters?.alerts ?? null },
    { title: 'late', value: ({ counters }: Rule) => counters?.late ?? null },
    { title: 'evicted', value: ({ counters }: Rule) => counters?.evictedGroups ?? null },
    { title: 'truncated', value: ({ counters }: Rule) => counters?.truncatedEvents ?? null },
  ];
  const columns = [
    { title: 'rule', value: (rule: Rule) => rule.name },
    { title: 'state', value: (rule: Rule) => rule.state },
    { title: 'version', value: (rule: Rule) => rule.version },
    ...(by ? counted : []),
    { title: 'severity', value: (rule: Rule) => rule.severity },
    { title: 'type', value: (rule: Rule) => rule.type },
    { title: 'fires at', value: firesAt },
    { title: 'by', value: (rule: Rule) => rule.group.join(', ') || null },
    { title: 'title', value: (rule: Rule) => rule.title },
  ];
  show(shell.terminal, page, () =>
    [table(columns, page.items), ...page.problems.map((problem) => `refused: ${formatProblem(problem)}`)].join('\n'),
  );
}

function firesAt({ condition, timespan, alerting }: Rule): string {
  if (!condition) return alerting ? 'every event' : 'counted by others';
  const limits = Object.entries(condition).map(([operator, limit]) => `${operator} ${limit}`);
  return `${limits.join(' and ')} in ${timespan}`;
}
