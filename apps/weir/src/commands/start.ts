import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '#libs/clock';
import { environmentHelp } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { adminKeyFile } from '../client/admin-key.js';
import { CommandError } from '../errors.js';
import { packageVersion } from '../package-root.js';
import { type PartName, partNames } from '../server/part-names.js';
import type { RunningWeir } from '../server/weir.js';
import type { Shell } from '../shell.js';
import { show } from '../terminal/terminal.js';

/** Whatever still hangs then is left to the next start, which goes on from what is durable. */
const STOP_MS_MAX = 20_000;

export const startCommand = (shell: Shell) =>
  new Command('start')
    .description('run Weir: all of it in one process, or the named parts')
    .argument('[apps...]', `parts to run: ${partNames.join(', ')}`, known, [])
    .addHelpText(
      'after',
      () =>
        `\nEnvironment:\n${environmentHelp()}\n\nExamples:\n  weir start\n  WEIR_HTTP_PORT=9000 WEIR_DATA_DIR=/var/lib/weir weir start`,
    )
    .action((apps: PartName[]) => start(shell, apps));

async function start(shell: Shell, apps: PartName[]): Promise<void> {
  const { config } = shell;
  const signal = shell.stopSignal();
  const logger = createLogger(config.logLevel);
  // Loaded here, so that commands that talk to a running Weir start at once.
  const { startWeir } = await import('../server/weir.js');
  const weir = await startWeir({ config, apps, clock: systemClock, logger });
  const { url, madeKey } = weir;
  show(shell.terminal, { url, version: packageVersion, dataDir: config.dataDir, madeKey }, () =>
    welcome(config.dataDir, weir),
  );
  const error = await Promise.race([untilAborted(signal), weir.broken]);
  shell.terminal.note('Stopping…');
  await stopInTime(weir);
  if (error) throw error;
}

function welcome(dataDir: string, { url, madeKey, rules }: RunningWeir): string {
  const refused = rules.problems.length > 0 ? ', see `weir rules check` for those that were refused' : '';
  const lines = [
    `Weir ${packageVersion} runs at ${url}`,
    `  data    ${dataDir}`,
    `  rules   ${rules.correlations.length + rules.detections.filter(({ alerting }) => alerting).length}${refused}`,
  ];
  if (madeKey) lines.push(`  key     ${madeKey}  (every scope; kept in ${adminKeyFile(dataDir)})`);
  return lines.join('\n');
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done());
  });
}

/** Rejects where something hangs; the process is expected to end then. */
export async function stopInTime(weir: RunningWeir): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const said = `Weir did not stop within ${STOP_MS_MAX / 1_000} s and was ended; nothing acknowledged is lost.`;
  const timer = setTimeout(() => reject(new CommandError('STOPPED', said)), STOP_MS_MAX);
  await Promise.race([weir.stop(), promise]);
  clearTimeout(timer);
}

function known(name: string, before: PartName[]): PartName[] {
  const part = partNames.find((candidate) => candidate === name);
  if (!part) throw new InvalidArgumentError(`Parts are ${partNames.join(', ')}.`);
  return [...before, part];
}
