import { Command } from 'commander';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { printable } from '../terminal/table.js';

interface WireRecord {
  partition: number;
  offset: number;
  time: string;
  key: string | null;
  value?: unknown;
  valueBase64?: string;
}

const EXAMPLES = `
Without --from only new records are printed. --from takes earliest, latest, or a time.

Examples:
  weir tail alert
  weir tail api.call --from 2026-01-15T10:00:00Z --json | jq .value.data.path`;

export const tailCommand = (shell: Shell) =>
  new Command('tail')
    .description('print the records of a topic as they come')
    .argument('<topic>', 'its name, as in `weir topics`')
    .option('--partition <n>', 'only this partition')
    .option('--from <start>', 'earliest, latest, an offset (with --partition) or a time', 'latest')
    .addHelpText('after', EXAMPLES)
    .action((topic: string, flags: { partition?: string; from: string }) => tail(shell, topic, flags));

async function tail(shell: Shell, topic: string, flags: { partition?: string; from: string }): Promise<void> {
  const signal = shell.stopSignal();
  const { terminal } = shell;
  try {
    const path = `/api/v1/topics/${encodeURIComponent(topic)}/tail`;
    const query = { partition: flags.partition, ...startOf(flags.from) };
    for await (const event of shell.client().stream(path, query, signal)) {
      if (event.event === 'gap') terminal.note(`A part of the log was deleted before it was read: ${event.data}`);
      else if (event.event === 'record') terminal.result(terminal.json ? event.data : line(JSON.parse(event.data)));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted)
    throw new CommandError('STOPPED', 'Weir ended the stream; it may be stopping or starting again.');
}

function startOf(from: string): { offset?: string; time?: string } {
  if (from === 'earliest' || from === 'latest' || /^\d+$/.test(from)) return { offset: from };
  return { time: from };
}

function line({ partition, offset, time, value, valueBase64 }: WireRecord): string {
  return `${partition}:${offset}  ${time}  ${printable(valueBase64 ?? JSON.stringify(value))}`;
}
