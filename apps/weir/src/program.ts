import { Command } from 'commander';
import { commands } from './commands/index.js';
import { packageVersion } from './package-root.js';
import type { Shell } from './shell.js';

/** The command line, ready to parse. Bad usage throws a CommanderError after one sentence on stderr. */
export function weirProgram(shell: Shell): Command {
  const program = new Command('weir')
    .description('Spam and anomaly detection on a log: exact sliding windows, Sigma rules, replayable alerts.')
    .version(packageVersion)
    .option('--json', 'results as JSON on stdout: one document, or one line each')
    .hook('preAction', (_, action) => {
      shell.json = action.optsWithGlobals<{ json?: boolean }>().json === true;
    });
  for (const build of commands) program.addCommand(build(shell));
  for (const command of [program, ...descendants(program)]) configure(command);
  return program;
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}

function configure(command: Command): void {
  command
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (message, write) => {
        const said = message
          .replace(/^error: /, '')
          .trim()
          .replaceAll('\n', ' ')
          .replace(/[^.!?)]$/, '$&.');
        write(`weir: ${said} See \`${pathOf(command)} --help\`.\n`);
      },
    });
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
