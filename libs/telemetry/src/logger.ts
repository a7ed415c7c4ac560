import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const STDERR = 2;

/**
 * Writes to stderr: JSON lines, or short lines for the eye where stderr is a terminal. `level` is one of pino's
 * names or `silent`.
 */
export function createLogger(level: string, terminal: boolean = process.stderr.isTTY === true): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return terminal
    ? pino(options, shortLines(process.stderr))
    : pino(options, pino.destination({ dest: STDERR, sync: true }));
}

/** Turns pino's JSON lines into `12:04:05 warn  message field=value`. */
export function shortLines(out: NodeJS.WritableStream): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trimEnd().split('\n')) out.write(`${shortLine(line)}\n`);
      done();
    },
  });
}

function shortLine(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = [String(time).slice(11, 19), (pino.levels.labels[Number(level)] ?? '').padEnd(5), msg];
  for (const [name, value] of Object.entries(fields)) {
    words.push(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  const cause = err as { stack?: string; message?: string } | undefined;
  if (cause) words.push(`\n${cause.stack ?? cause.message}`);
  return words.filter((word) => word !== undefined).join(' ');
}
