import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { scenarioMark } from '#libs/backtest';
import type { RuleFile } from '#libs/sigma';
import { CommandError } from '../errors.js';

/**
 * The rule files (`.yml`, `.yaml`) of a folder and those below it, in the order of their names; or one file. Folders that
 * hold a scenario have a rule as it was, and are left out.
 */
export function readRuleFiles(path: string): RuleFile[] {
  return reading(path, () => listFiles(path).map((file) => ({ file, text: readFileSync(file, 'utf8') })));
}

/** Their paths. */
export function listRuleFiles(path: string): string[] {
  return reading(path, () => listFiles(path));
}

function listFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const scenarios = new Set(entries.flatMap(({ name, parentPath }) => (name === scenarioMark ? parentPath : [])));
  return entries
    .filter(({ name, parentPath }) => /\.ya?ml$/.test(name) && !scenarios.has(parentPath))
    .map(({ name, parentPath }) => join(parentPath, name))
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
