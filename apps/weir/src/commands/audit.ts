import { Command } from 'commander';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { count, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

interface Difference {
  rule: string;
  group?: Record<string, unknown>;
  openedAt: string;
  fields?: string[];
}

interface Audit {
  checked: number;
  agrees: boolean;
  caughtUp: boolean;
  counts: { missing: number; extra: number; different: number };
  missing: Difference[];
  extra: Difference[];
  different: Difference[];
}

const EXAMPLES = `
Reads all of the log that is retained, which takes as long as a replay does, and changes nothing.

Examples:
  weir lag --wait && weir audit`;

export const auditCommand = (shell: Shell) =>
  new Command('audit')
    .description('count all alerts again from the log, and compare with the database')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const audit = await shell.client().post<Audit>('/api/v1/audit', {});
      show(shell.terminal, audit, () => asText(audit));
      if (audit.agrees) return;
      const then = audit.caughtUp
        ? 'what computed it differs from what is in the log; please report it with the output of --json'
        : 'consumers were still at work; run `weir lag --wait` and audit again';
      throw new CommandError('CHECK_FAILED', `The database differs from what the log says: ${then}.`);
    });

function asText({ checked, agrees, counts, missing, extra, different }: Audit): string {
  if (agrees) return `${count(checked)} alerts: the database agrees with the log.`;
  const rows = [
    ...missing.map((row) => ({ kind: 'missing', ...row })),
    ...extra.map((row) => ({ kind: 'extra', ...row })),
    ...different.map((row) => ({ kind: 'different', ...row })),
  ];
  const columns = [
    { title: 'difference', value: (row: (typeof rows)[number]) => row.kind },
    { title: 'rule', value: (row: (typeof rows)[number]) => row.rule },
    { title: 'group', value: (row: (typeof rows)[number]) => (row.group ? Object.values(row.group).join(' ') : null) },
    { title: 'opened', value: (row: (typeof rows)[number]) => row.openedAt },
    { title: 'fields', value: (row: (typeof rows)[number]) => row.fields?.join(', ') },
  ];
  const sums = `${count(checked)} alerts counted: ${counts.missing} missing in the database, ${counts.extra} extra, ${counts.different} different.`;
  return `${table(columns, rows)}\n${sums}`;
}
