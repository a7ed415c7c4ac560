import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
const sources = globSync('{apps,libs}/**/*.ts', { cwd: root }).sort();
const production = sources.filter((file) => !/\.(spec|int\.spec|e2e\.spec)\.ts$|\/testing\/|\/contract\//.test(file));

/** Which libraries a library may import. */
const mayImport: Record<string, string[]> = {
  clock: [],
  events: [],
  log: ['clock'],
  parsers: ['events'],
  windows: [],
  sigma: ['events'],
  detection: ['events', 'windows', 'sigma', 'log'],
  stream: ['events', 'log', 'clock'],
  backtest: ['stream', 'detection', 'log', 'events'],
  config: [],
  telemetry: [],
  auth: ['clock'],
  storage: ['clock', 'auth', 'events'],
};

const imports = (text: string): string[] => [...text.matchAll(/from '([^']+)'/g)].map(([, from]) => from);

describe('architecture', () => {
  it.each(production.filter((file) => file.startsWith('libs/')))('%s imports only what its library may', (file) => {
    const library = file.split('/')[1];
    const foreign = imports(read(file)).flatMap((from) => (from.startsWith('#libs/') ? [from.slice(6)] : []));
    for (const other of foreign) expect(mayImport[library]).toContain(other);
    expect(imports(read(file)).filter((from) => from.startsWith('@nestjs/'))).toEqual([]);
  });

  it('reads the wall clock in one place', () => {
    const readers = production.filter((file) => /Date\.now\(\)|new Date\(\)/.test(read(file)));
    expect(readers).toEqual(['libs/clock/src/index.ts']);
  });

  it('keeps files short', () => {
    const long = production.filter((file) => read(file).split('\n').length > 301);
    // window-store.ts is one state machine over shared arrays; splitting it would hand the arrays around.
    expect(long.filter((file) => file !== 'libs/windows/src/window-store.ts')).toEqual([]);
  });

  it('has no any, no suppressed type errors, no forward references', () => {
    for (const file of production) {
      expect(read(file), file).not.toMatch(/\bas any\b|: any\b|@ts-ignore|@ts-nocheck|forwardRef|@Global\(/);
    }
  });
});
