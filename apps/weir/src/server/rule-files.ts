import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RuleFile } from '#libs/sigma';
import { CommandError } from '../errors.js';

/** The rule files (`.yml`, `.yaml`) of a folder and those below it, in the order of their names; or one file. */
export function readRuleFiles(path: string): RuleFile[] {
  try {
    if (statSync(path).isFile()) return [{ file: path, text: readFileSync(path, 'utf8') }];
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => ({ file: join(path, relative(path, file)), text: readFileSync(file, 'utf8') }));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const said = `The rules in ${path} can't be read (${code}): set WEIR_RULES_DIR to the folder of your rules.`;
    throw new CommandError('FOLDER_UNUSABLE', said, { path, code }, { cause });
  }
}
