import type { Command } from 'commander';
import type { Shell } from '../shell.js';
import { auditCommand } from './audit.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { groupsCommand } from './groups.js';
import { ingestCommand } from './ingest.js';
import { keysCommand } from './keys.js';
import { lagCommand } from './lag.js';
import { rulesCommand } from './rules.js';
import { simulateCommand } from './simulate.js';
import { startCommand } from './start.js';
import { tailCommand } from './tail.js';
import { topicsCommand } from './topics.js';

/** Every command, in the order of the help. */
export const commands: readonly ((shell: Shell) => Command)[] = [
  startCommand,
  demoCommand,
  ingestCommand,
  tailCommand,
  topicsCommand,
  groupsCommand,
  lagCommand,
  rulesCommand,
  auditCommand,
  keysCommand,
  simulateCommand,
  doctorCommand,
];
