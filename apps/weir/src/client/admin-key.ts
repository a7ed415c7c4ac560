import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#libs/config';
import { CommandError } from '../errors.js';

/** Where a first start keeps the key it made: in the data folder, readable by its owner only. */
export const adminKeyFile = (dataDir: string) => join(dataDir, 'admin.key');

/** The key that commands use: WEIR_ADMIN_KEY, or the one kept in the data folder; or why there is none. */
export function adminKey(config: Pick<Config, 'adminKey' | 'dataDir'>): string | CommandError {
  if (config.adminKey) return config.adminKey;
  const file = adminKeyFile(config.dataDir);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `can't be read (${code})`;
    return new CommandError(
      'KEY_MISSING',
      `There is no key to talk to Weir with (${file} ${why}): set WEIR_ADMIN_KEY, or WEIR_DATA_DIR to that Weir's data folder.`,
      { file },
    );
  }
}
