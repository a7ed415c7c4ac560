import { Command } from 'commander';
import { systemClock } from '#libs/clock';
import { ConfigError, loadConfig } from '#libs/config';
import { type Finding, fail, ok } from '../doctor/finding.js';
import { checkClock, checkDisk, checkFolder, checkNode } from '../doctor/machine.js';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { show } from '../terminal/terminal.js';

export const doctorCommand = (shell: Shell) =>
  new Command('doctor')
    .description('check Node, environment, data folder, disk, port, log, PostgreSQL, clock and rules')
    .addHelpText('after', '\nExamples:\n  weir doctor\n  weir doctor --json | jq .findings[]')
    .action(async () => {
      const findings = await examine();
      const failed = findings.filter(({ status }) => status === 'fail').length;
      show(shell.terminal, { ok: failed === 0, findings }, () => findings.map(line).join('\n'));
      if (failed === 0) return;
      const said = failed === 1 ? 'One check failed' : `${failed} checks failed`;
      throw new CommandError(
        'CHECK_FAILED',
        `${said}: Weir would not start, or not work; mend what stands beside fail.`,
      );
    });

async function examine(): Promise<Finding[]> {
  const node = checkNode(process.versions.node);
  try {
    const config = loadConfig();
    const { dataDir } = config;
    const { checkKafka, checkPort, checkPostgres, checkRules } = await import('../doctor/services.js');
    return [
      node,
      ok('environment', 'Every WEIR_ variable is understood.'),
      checkFolder(dataDir),
      checkDisk(dataDir),
      await checkPort(config),
      await checkKafka(config),
      await checkPostgres(config),
      checkClock(dataDir, systemClock),
      checkRules(config),
    ];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [node, ...error.problems.map(({ message }) => fail('environment', message))];
  }
}

function line({ status, check, said }: Finding): string {
  return `${status.padEnd(4)}  ${check.padEnd(11)}  ${said}`;
}
