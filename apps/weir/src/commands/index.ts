import type { Command } from 'commander';
import type { Shell } from '../shell.js';
import { groupsCommand } from './groups.js';
import { ingestCommand } from './ingest.js';
import { keysCommand } from './keys.js';
import { lagCommand } from './lag.js';
import { simulateCommand } from './simulate.js';
import { tailCommand } from './tail.js';
import { topicsCommand } from './topics.js';

/** Every command, in the order of the help. */
export const commands: readonly ((shell: Shell) => Command)[] = [
  ingestCommand,
  tailCommand,
  topicsCommand,
  groupsCommand,
  lagCommand,
  simulateCommand,
  keysCommand,
];
