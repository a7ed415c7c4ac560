import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { BacktestReport } from '#libs/backtest';
import { alertIdOf } from '../alert-ids.js';
import { type Exception, exceptionText, silencedText } from '../backtest/exception-text.js';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { count } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { runBacktest } from './backtest.js';
import { examples } from './examples.js';

interface Flags {
  candidate?: number;
  backtest?: true;
  from?: string;
  to?: string;
  apply?: string;
}

const EXAMPLES = `
  weir rules exception ukZPPlSqT9bbFNGI
  weir rules exception ukZPPlSqT9bbFNGI --backtest --from -7d
  weir rules exception ukZPPlSqT9bbFNGI --candidate 2 --apply rules/exceptions/our-scanner.yml`;

export const exceptionCommand = (shell: Shell): Command =>
  new Command('exception')
    .description('propose a filter with which a rule would not have raised an alert')
    .addHelpText('after', examples(EXAMPLES))
    .argument('<alert>', 'its id', alertIdOf)
    .option('--candidate <number>', 'which of those that are proposed (default: the narrowest that passes)', numberOf)
    .option('--backtest', 'run the rules with it over what the log holds: what would it silence?')
    .option('--from <time>', 'of the backtest: event time, or so long ago such as -7d (default: all of the log)')
    .option('--to <time>', 'of the backtest: the first event time that is left out (default: now)')
    .option('--apply <file>', 'write it to a file that is not there yet; below WEIR_RULES_DIR it takes over at once')
    .action((alert: string, flags: Flags) => exception(shell, alert, flags));

async function exception(shell: Shell, alert: string, flags: Flags): Promise<void> {
  const { backtest, from, to, apply } = flags;
  if (!backtest && (from !== undefined || to !== undefined))
    throw new CommandError('USAGE', '--from and --to are those of the backtest: add --backtest.');
  const found = await shell.client().get<Exception>(`/api/v1/alerts/${encodeURIComponent(alert)}/exception`);
  const at = chosen(found, flags);
  const { text } = found.candidates[at];
  const report = backtest ? await runBacktest(shell, { exception: { text }, from, to }) : null;
  const lost = report === null ? 0 : lostIn(report);
  const written = apply !== undefined && lost === 0;
  if (written) write(apply, text);
  show(shell.terminal, { ...found, candidate: at + 1, backtest: report, file: written ? apply : null }, () =>
    [
      exceptionText(found, at),
      ...(report ? [silencedText(report)] : []),
      ...(written ? [`Written to ${apply}.`] : []),
    ].join('\n\n'),
  );
  if (apply === undefined || written) return;
  const said = `It would silence ${count(lost)} alerts that are marked as true positives, so ${apply} was not written: take a narrower candidate, or leave out --backtest.`;
  throw new CommandError('CHECK_FAILED', said);
}

/** The index of the candidate that is meant. */
function chosen({ candidates, proposed, alert }: Exception, { candidate, apply }: Flags): number {
  if (candidate !== undefined && candidate > candidates.length) {
    const said = `The candidates of ${alert} are 1 to ${candidates.length}: there is no ${candidate}.`;
    throw new CommandError('USAGE', said);
  }
  if (candidate === undefined && proposed === null && apply !== undefined) {
    const said = `The rule would still alert with any of the candidates: amend it, or name one with --candidate.`;
    throw new CommandError('CHECK_FAILED', said);
  }
  return candidate === undefined ? (proposed ?? candidates.length - 1) : candidate - 1;
}

const lostIn = ({ rules }: BacktestReport): number =>
  rules.reduce((sum, { silenced }) => sum + (silenced?.truePositivesLost ?? 0), 0);

function write(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: 'wx' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it is there already' : code;
    throw new CommandError('FOLDER_UNUSABLE', `${file} can't be written (${why}): name another with --apply.`, {
      code,
    });
  }
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It takes the number of a candidate, from 1.');
}
