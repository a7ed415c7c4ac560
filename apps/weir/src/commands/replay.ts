import { Command } from 'commander';
import { alertIdOf } from '../alert-ids.js';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { count, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

type Figures = Record<string, string | number>;

interface Replay {
  alert: string;
  rule: { name: string; version: number };
  reproduced: boolean;
  sameId: boolean;
  was: Figures;
  found: Figures | null;
  range: { from: string; until: string; events: number } | null;
  counted: number;
  explanations: { said: string }[];
}

const EXAMPLES = `
Reads the log around the alert and changes nothing. Exits with 1 where something else comes out.

Examples:
  weir replay ukZPPlSqT9bbFNGI
  weir replay ukZPPlSqT9bbFNGI --whole`;

export const replayCommand = (shell: Shell) =>
  new Command('replay')
    .description('run the rule of an alert, as it was, over the log again, and say whether the same comes out')
    .argument('<alert>', 'its id', alertIdOf)
    .option('--whole', 'read all that the log retains')
    .addHelpText('after', EXAMPLES)
    .action(async (alert: string, { whole }: { whole?: boolean }) => {
      const replay = await shell.client().get<Replay>(`/api/v1/alerts/${encodeURIComponent(alert)}/replay`, { whole });
      show(shell.terminal, replay, () => asText(replay));
      if (replay.reproduced) return;
      throw new CommandError('CHECK_FAILED', `The alert ${alert} does not come out the same.`);
    });

function asText({ rule, reproduced, sameId, was, found, range, counted, explanations }: Replay): string {
  const read = range && `${count(range.events)} events read, recorded ${range.from} to ${range.until}`;
  const lines = [
    `${rule.name}, version ${rule.version}: ${read ?? 'nothing read'}; ${count(counted)} of the group counted.`,
  ];
  if (reproduced) {
    return [
      ...lines,
      sameId ? 'The same alert.' : 'The same alert, under another id: late events came at other moments.',
    ].join('\n');
  }
  const fields = Object.keys({ ...was, ...found }).map((field) => ({ field, was: was[field], is: found?.[field] }));
  const columns = [
    { title: 'field', value: (row: (typeof fields)[number]) => row.field },
    { title: 'was', value: (row: (typeof fields)[number]) => row.was ?? null },
    { title: 'is', value: (row: (typeof fields)[number]) => row.is ?? null },
  ];
  return [...lines, table(columns, fields), ...explanations.map(({ said }) => `${said}.`)].join('\n');
}
