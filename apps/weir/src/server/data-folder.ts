import { accessSync, constants, mkdirSync } from 'node:fs';
import { CommandError } from '../errors.js';

/** Makes the data folder where there is none, and makes sure that we may write to it. */
export function openDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const said = `The data folder ${dataDir} can't be written to (${code}): give it to this user, or set WEIR_DATA_DIR to another.`;
    throw new CommandError('FOLDER_UNUSABLE', said, { dataDir, code }, { cause });
  }
}
