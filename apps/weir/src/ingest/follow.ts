import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Some file systems tell nobody about changes: so often one looks anyway. */
const LOOK_MS = 1_000;
/** A file written line by line is read in runs, not line by line. */
const SETTLE_MS = 50;

/** Resolves when something may have happened to the file: it grew, was cut, or was replaced. Or when told to stop. */
export async function changed(file: string, signal: AbortSignal): Promise<void> {
  const before = await lookOf(file);
  const awake = new AbortController();
  const watcher = watchIfPossible(file, () => awake.abort());
  const either = AbortSignal.any([signal, awake.signal]);
  try {
    while (!either.aborted && (await lookOf(file)) === before) await pause(LOOK_MS, either);
  } finally {
    watcher?.close();
  }
  await pause(SETTLE_MS, signal);
}

async function lookOf(file: string): Promise<string | null> {
  return stat(file).then(
    ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
    () => null,
  );
}

function watchIfPossible(file: string, wake: () => void) {
  try {
    return watch(file, wake).on('error', wake);
  } catch {
    return null;
  }
}

const pause = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => undefined);
