import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { BacktestReport } from '#libs/backtest';
import type { RuleFile } from '#libs/sigma';
import { backtestText } from '../backtest/backtest-text.js';
import type { WeirClient } from '../client/client.js';
import { CommandError } from '../errors.js';
import { readRuleFiles } from '../server/rule-files.js';
import type { Shell } from '../shell.js';
import { count } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';

interface Flags {
  from?: string;
  to?: string;
  threshold?: number[];
  write?: true;
}

interface Job {
  id: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  progress: { records: number; of: number };
  error: { code: string; detail: string } | null;
  report: BacktestReport | null;
}

const lookMs = 200;
const barColumns = 20;

const EXAMPLES = `
  weir backtest rule.yml --from -7d
  weir backtest api-flood --from 2026-01-15T00:00:00Z --to 2026-01-16T00:00:00Z --threshold 50,100,200
  weir backtest rule.yml --from -1d --write`;

export const backtestCommand = (shell: Shell) =>
  new Command('backtest')
    .description('run rules over what the log holds, and report what they would have raised')
    .argument('<rule...>', 'files or folders of rules, or names of rules that are there')
    .option('--from <time>', 'event time, or so long ago such as -7d (default: all of the log)')
    .option('--to <time>', 'the first event time that is left out (default: now)')
    .option('--threshold <limits>', 'hold the rules against these limits, too: 5,10,20', numbersOf)
    .option('--write', 'write the alerts to the log, marked as raised afterwards')
    .addHelpText('after', examples(EXAMPLES))
    .action((rules: string[], flags: Flags) => backtest(shell, rules, flags));

async function backtest(shell: Shell, rules: readonly string[], flags: Flags): Promise<void> {
  const { from, to, threshold: thresholds, write } = flags;
  const given = rules.flatMap((rule): (RuleFile | string)[] => (existsSync(rule) ? readRuleFiles(rule) : [rule]));
  const report = await runBacktest(shell, { rules: given, from, to, thresholds, write });
  show(shell.terminal, report, () => backtestText(report));
}

/** Has the running Weir run one, and shows how far it is. */
export async function runBacktest(shell: Shell, asked: object): Promise<BacktestReport> {
  const client = shell.client();
  const { id } = await client.post<Job>('/api/v1/backtests', asked);
  return reportOf(client, `/api/v1/backtests/${id}`, shell);
}

/** Asks until it is done; whoever stops waiting for it ends it. */
async function reportOf(client: WeirClient, path: string, shell: Shell): Promise<BacktestReport> {
  const signal = shell.stopSignal();
  try {
    for (;;) {
      const { state, progress, error, report } = await client.get<Job>(path);
      if (report !== null) return report;
      if (state === 'failed') throw new CommandError('REQUEST_REFUSED', error!.detail, { code: error!.code });
      if (state === 'cancelled') throw new CommandError('STOPPED', 'Somebody ended the backtest, or Weir stopped.');
      if (signal.aborted) {
        await client.delete(path);
        throw new CommandError('STOPPED', 'The backtest was ended.');
      }
      shell.terminal.redraw(progressText(progress).slice(0, shell.terminal.columns - 1));
      await delay(lookMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    shell.terminal.redraw(null);
  }
}

function progressText({ records, of }: Job['progress']): string {
  if (of === 0) return 'looking where to begin';
  const share = records / of;
  const bar = '█'.repeat(Math.round(share * barColumns)).padEnd(barColumns, '░');
  return `${bar} ${Math.floor(share * 100)} %  ${count(records)} of ${count(of)} records`;
}

function numbersOf(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (text.trim() === '' || !numbers.every(Number.isFinite)) {
    throw new InvalidArgumentError('It takes numbers with commas between them, such as 5,10,20.');
  }
  return numbers;
}
