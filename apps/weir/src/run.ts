import { CommanderError } from 'commander';
import { ConfigError } from '#libs/config';
import { guardIds } from './alert-ids.js';
import { CommandError } from './errors.js';
import { weirProgram } from './program.js';
import { Shell } from './shell.js';

/** Runs one command line and gives its exit code: 0 done, 1 failed, 2 bad usage. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await weirProgram(new Shell()).parseAsync(guardIds(args), { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.code === 'commander.help' ? 2 : error.exitCode && 2;
    process.stderr.write(
      `${sentences(error)
        .map((said) => `weir: ${said}\n`)
        .join('')}`,
    );
    if (error instanceof CommandError) return error.exitCode;
    return error instanceof ConfigError ? 2 : 1;
  }
}

function sentences(error: unknown): string[] {
  if (error instanceof ConfigError) return error.problems.map((problem) => problem.message);
  if (error instanceof Error && 'code' in error) return [error.message];
  // Nobody foresaw this one: its stack is what a report of it needs.
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}
