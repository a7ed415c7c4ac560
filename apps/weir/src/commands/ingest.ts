import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '#libs/clock';
import { CommandError } from '../errors.js';
import { Bookmarks } from '../ingest/bookmarks.js';
import { Ingest } from '../ingest/ingest.js';
import { Progress } from '../ingest/progress.js';
import type { Reading } from '../ingest/reading.js';
import { Sender } from '../ingest/sender.js';
import type { Shell } from '../shell.js';
import { bytes, count } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

interface IngestFlags {
  as: string;
  follow?: boolean;
  shiftToNow?: boolean;
  type?: string;
  year?: number;
  zone?: string;
}

const STREAMS = ['nginx', 'sshd', 'ndjson', 'mbox'];

const EXAMPLES = `
Files ending in .gz are unpacked; - reads stdin. A file is fed from where it stopped the last time, also after it has
grown or was renamed; feeding it again counts nothing twice.

Examples:
  weir ingest /var/log/nginx/access.log --as nginx --follow
  weir ingest auth.log auth.log.1.gz --as sshd --year 2017 --zone +02:00
  weir ingest calls.ndjson --as ndjson --type api.call
  journalctl -u ssh -o short | weir ingest - --as sshd`;

export const ingestCommand = (shell: Shell) =>
  new Command('ingest')
    .description('feed log files, and wait until Weir has acknowledged them')
    .argument('<file...>', 'files, or - for stdin')
    .addOption(new Option('--as <stream>', 'what the lines are').choices(STREAMS).makeOptionMandatory())
    .option('--follow', 'go on with what is written to the files, until stopped')
    .option('--shift-to-now', 'move event times so that the newest event is now')
    .option('--type <type>', 'ndjson: event type of objects that are not CloudEvents')
    .option('--year <year>', 'sshd: year of the first line (default: the newest that is not in the future)', yearOf)
    .option('--zone <zone>', 'sshd: zone of the times, as +02:00 (default: UTC)', zoneOf)
    .addHelpText('after', EXAMPLES)
    .action((files: string[], flags: IngestFlags) => ingest(shell, files, flags));

async function ingest(shell: Shell, files: string[], flags: IngestFlags): Promise<void> {
  const reading: Reading = {
    stream: flags.as,
    type: flags.type,
    year: flags.year,
    zone: flags.zone,
    shiftToNow: flags.shiftToNow === true,
  };
  if (files.includes('-') && (files.length > 1 || flags.follow || flags.shiftToNow)) {
    throw new CommandError('USAGE', 'stdin (-) goes alone, without --follow and --shift-to-now.');
  }
  const signal = shell.stopSignal();
  const totals = { bytes: 0, accepted: 0, rejected: 0 };
  const progress = new Progress(shell.terminal, totals);
  const sender = new Sender(shell.client(), signal, (why) => progress.waiting(why));
  const bookmarks = new Bookmarks(shell.config.dataDir);
  const feeder = new Ingest(reading, { sender, bookmarks, progress, totals, signal, now: systemClock.now() });
  try {
    if (files[0] === '-') await feeder.stream(process.stdin);
    else if (flags.follow) await followAll(feeder, files, signal);
    else for (const file of files) await feeder.file(file);
  } finally {
    progress.end();
  }
  const seconds = progress.seconds;
  const summary = { ...totals, seconds, eventsPerSecond: totals.accepted / seconds, rejects: progress.rejects };
  show(
    shell.terminal,
    summary,
    () =>
      `${count(totals.accepted)} events accepted, ${count(totals.rejected)} lines rejected; ${bytes(totals.bytes)} in ${seconds.toFixed(1)} s (${count(summary.eventsPerSecond)} events/s).`,
  );
}

/** Ends when told to stop, which is how following ends well; or when one file can't be followed any more. */
async function followAll(feeder: Ingest, files: string[], signal: AbortSignal): Promise<void> {
  try {
    await Promise.all(files.map((file) => feeder.follow(file)));
  } catch (error) {
    if (!(signal.aborted && error instanceof CommandError && error.code === 'STOPPED')) throw error;
  }
}

function yearOf(text: string): number {
  if (!/^(19|20)\d\d$/.test(text)) throw new InvalidArgumentError('It takes a year such as 2017.');
  return Number(text);
}

function zoneOf(text: string): string {
  if (!/^(Z|[+-]\d\d:\d\d)$/.test(text)) throw new InvalidArgumentError('It takes a zone such as +02:00, or Z.');
  return text;
}
