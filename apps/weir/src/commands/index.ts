import type { Command } from 'commander';
import type { Shell } from '../shell.js';
import { alertsCommand } from './alerts.js';
import { auditCommand } from './audit.js';
import { auditLogCommand } from './audit-log.js';
import { backtestCommand } from './backtest.js';
import { decisionsCommand } from './decisions.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { groupsCommand } from './groups.js';
import { incidentsCommand } from './incidents.js';
import { ingestCommand } from './ingest.js';
import { keysCommand } from './keys.js';
import { lagCommand } from './lag.js';
import { logCommand } from './log.js';
import { rebuildCommand } from './rebuild.js';
import { replayCommand } from './replay.js';
import { rulesCommand } from './rules.js';
import { allowlistsCommand, silencesCommand } from './silences.js';
import { simulateCommand } from './simulate.js';
import { startCommand } from './start.js';
import { tailCommand } from './tail.js';
import { topicsCommand } from './topics.js';
import { webhooksCommand } from './webhooks.js';

/** Every command, in the order of the help. */
export const commands: readonly ((shell: Shell) => Command)[] = [
  startCommand,
  demoCommand,
  ingestCommand,
  tailCommand,
  topicsCommand,
  groupsCommand,
  lagCommand,
  logCommand,
  alertsCommand,
  incidentsCommand,
  rulesCommand,
  backtestCommand,
  replayCommand,
  silencesCommand,
  allowlistsCommand,
  decisionsCommand,
  auditCommand,
  rebuildCommand,
  auditLogCommand,
  keysCommand,
  webhooksCommand,
  simulateCommand,
  doctorCommand,
];
