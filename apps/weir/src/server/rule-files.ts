import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RuleFile } from '#libs/sigma';
import { CommandError } from '../errors.js';

/** The rule files (`.yml`, `.yaml`) of a folder and those below it, in the order of their names; or one file. */
export function readRuleFiles(path: string): RuleFile[] {
  return reading(path, () => listFiles(path).map((file) => ({ file, text: readFileSync(file, 'utf8') })));
}

/** Their paths. */
export function listRuleFiles(path: string): string[] {
  return reading(path, () => listFiles(path));
}

function listFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const said = `The rules in ${path} can't be read (${code}): set WEIR_RULES_DIR to the folder of your rules.`;
    throw new CommandError('FOLDER_UNUSABLE', said, { path, code }, { cause });
  }
}
