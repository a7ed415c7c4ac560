import { join } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '#libs/clock';
import { createLogger } from '#libs/telemetry';
import { adminKey } from '../client/admin-key.js';
import { WeirClient } from '../client/client.js';
import { playDemo } from '../demo/demo.js';
import type { FoundAlert, Verdict, VerdictRow } from '../demo/verdict.js';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { duration, printable, table } from '../terminal/table.js';
import { stopInTime, untilAborted } from './start.js';

const EXAMPLES = `
Keeps its data in the subfolder demo of the data folder. Runs until Ctrl-C.

Examples:
  weir demo
  weir demo --once && echo "every attacker was found, and nobody else"`;

export const demoCommand = (shell: Shell) =>
  new Command('demo')
    .description('start, and play sample traffic: real mail, simulated calls and logins, known attackers')
    .option('--once', 'end after the verdict: 0 when every attacker was found and nobody else, else 1')
    .addHelpText('after', EXAMPLES)
    .action((flags: { once?: boolean }) => demo(shell, flags.once === true));

async function demo(shell: Shell, once: boolean): Promise<void> {
  const config = { ...shell.config, dataDir: join(shell.config.dataDir, 'demo') };
  const signal = shell.stopSignal();
  const { startWeir } = await import('../server/weir.js');
  const weir = await startWeir({ config, apps: [], clock: systemClock, logger: createLogger(config.logLevel) });
  try {
    const key = adminKey(config);
    const client = new WeirClient(weir.url, key);
    greet(shell, weir.url, String(key), config.dataDir);
    const alert = (found: FoundAlert, seconds: number) => tell(shell, found, seconds);
    const play = async () => {
      const verdict = await playDemo({ client, now: () => systemClock.now(), signal, alert });
      if (!signal.aborted) conclude(shell, verdict, once);
      if (!once) await untilAborted(signal);
    };
    await Promise.race([play(), weir.broken.then((error) => Promise.reject(error))]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await stopInTime(weir);
  }
}

function greet(shell: Shell, url: string, key: string, dataDir: string): void {
  const page = `${url}/#key=${key}`;
  const lines = [
    'Weir plays a minute of traffic: real mail, calls and logins of ordinary people, and attackers among them.',
    `  page    ${page}`,
    `  curl    curl -H "X-Api-Key: ${key}" ${url}/api/v1/alerts`,
    `  weir    WEIR_URL=${url} WEIR_DATA_DIR=${dataDir} npx weir topics`,
    '',
  ];
  shell.terminal.result(shell.json ? JSON.stringify({ url, page, dataDir, key }) : lines.join('\n'));
}

function tell(shell: Shell, alert: FoundAlert, seconds: number): void {
  const group = Object.entries(alert.group).map(([field, value]) => `${field}=${printable(String(value))}`);
  const after = `${seconds.toFixed(1)} s`.padStart(7);
  const line = `${after}  ${alert.severity.padEnd(8)}  ${alert.rule.name.padEnd(25)}  ${group.join(' ')}`;
  shell.terminal.result(shell.json ? JSON.stringify({ afterSeconds: seconds, alert }) : line);
}

/** Throws where an attacker was missed or an innocent accused, once that ends the command. */
function conclude(shell: Shell, verdict: Verdict, once: boolean): void {
  const { rows, missed, innocents } = verdict;
  const columns = [
    { title: 'attacker', value: ({ attacker }: VerdictRow) => attacker },
    { title: 'planted as', value: ({ kind }: VerdictRow) => kind },
    { title: 'found by', value: ({ foundBy }: VerdictRow) => foundBy.join(', ') || 'MISSED' },
    {
      title: 'after',
      value: ({ afterSeconds }: VerdictRow) => (afterSeconds === null ? '-' : duration(afterSeconds * 1_000)),
    },
  ];
  const sum = `${rows.length - missed} of ${rows.length} attackers found, ${innocents.length} innocents accused.`;
  shell.terminal.result(shell.json ? JSON.stringify({ verdict }) : `\n${table(columns, rows)}\n\n${sum}`);
  if (!once) shell.terminal.note('Weir goes on running; Ctrl-C stops it.');
  else if (missed > 0 || innocents.length > 0)
    throw new CommandError('CHECK_FAILED', `The demo went wrong: ${sum}`, { verdict });
}
