import { readFileSync, statSync } from 'node:fs';
import { parseSilenceFile } from '#libs/silencing';
import type { SilenceStore } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import { CommandError } from '../errors.js';

export interface SilenceFileOptions {
  file: string;
  store: SilenceStore;
  logger: Logger;
  onProblem(error: Error): void;
}

const lookMs = 2_000;

/**
 * Keeps what a file says of silences and allowlists in the database: now, and whenever it changes. A file with problems
 * changes nothing, and says which they are. Rejects where it can't be read at the start. Resolves with how to stop.
 */
export async function watchSilenceFile(options: SilenceFileOptions): Promise<() => Promise<void>> {
  let seen = '';
  const look = async (): Promise<void> => {
    const stamp = stampOf(options.file);
    if (stamp === seen) return;
    await take(options);
    seen = stamp;
  };
  await look();
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: Error) => options.onProblem(error));
  }, lookMs).unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

async function take({ file, store, logger }: SilenceFileOptions): Promise<void> {
  const { entries, problems } = parseSilenceFile(
    file,
    reading(file, () => readFileSync(file, 'utf8')),
  );
  for (const problem of problems) logger.warn(`Silences refused: ${problem}`);
  if (problems.length > 0) return;
  const changed = await store.recordFile(entries, file);
  if (changed > 0) logger.info({ file, changed }, 'Silences and allowlists of the file were taken over');
}

function stampOf(file: string): string {
  const { mtimeMs, size, ino } = reading(file, () => statSync(file));
  return `${mtimeMs} ${size} ${ino}`;
}

function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const said = `The silences in ${file} can't be read (${code}): set WEIR_SILENCES_FILE to the file that has them.`;
    throw new CommandError('FILE_UNREADABLE', said, { file, code }, { cause });
  }
}
