import { expect, test } from 'vitest';
import { alertIdOf, guardIds } from './alert-ids.js';
import { weirProgram } from './program.js';
import { Shell } from './shell.js';

const optionsOf = (command: ReturnType<typeof weirProgram>): string[] => [
  ...command.options.flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined)),
  ...command.commands.flatMap(optionsOf),
];

test('an id that begins with a dash is no option, and no option is an id', () => {
  const args = ['replay', '-WVlca4ARuCEGcMG', '--Vlca4ARuCEGcMG', 'WVlca4ARuCEGcM-G', '--json'];
  const guarded = guardIds(args);
  expect(guarded.map((arg) => arg.startsWith('-'))).toEqual([false, false, false, false, true]);
  expect(guarded.map(alertIdOf)).toEqual(args);
  const options = [...new Set(optionsOf(weirProgram(new Shell())))];
  expect(options.length).toBeGreaterThan(20);
  expect(guardIds(options)).toEqual(options);
});
