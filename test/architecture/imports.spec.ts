import { describe, expect, it } from 'vitest';
import { type Import, production, type Source, sources } from './sources.js';

/** Which libraries a library may import. */
const mayImport: Record<string, string[]> = {
  clock: [],
  events: [],
  port: [],
  ranking: ['events'],
  feed: ['events'],
  log: ['clock', 'port'],
  parsers: ['events'],
  windows: [],
  sigma: ['events'],
  silencing: ['sigma'],
  blocking: ['silencing'],
  detection: ['events', 'windows', 'sigma', 'log'],
  stream: ['events', 'log', 'clock'],
  backtest: ['stream', 'detection', 'log', 'events', 'port', 'sigma', 'windows'],
  config: [],
  telemetry: [],
  auth: ['clock'],
  notification: ['events'],
  storage: ['clock', 'auth', 'events', 'stream', 'silencing', 'blocking', 'notification', 'ranking', 'feed'],
};

const indexPattern = /^libs\/[^/]+\/src\/index\.ts$/;
const libraries = production.filter(({ file }) => file.startsWith('libs/'));
const apps = production.filter(({ file }) => file.startsWith('apps/'));
/** Where a process begins, or a thread. */
const mains = [
  'apps/weir/src/main.ts',
  'apps/weir/src/server/detection/thread.ts',
  'libs/backtest/src/backtest-worker.ts',
];

/** `apps/api`, `libs/log`, `migrations`. */
const unitOf = (file: string): string =>
  file
    .split('/')
    .slice(0, file.startsWith('migrations/') ? 1 : 2)
    .join('/');

function offending(among: readonly Source[], isWrong: (source: Source, taken: Import) => boolean): string[] {
  return among.flatMap((source) =>
    source.imports.filter((taken) => isWrong(source, taken)).map(({ from }) => `${source.file} imports ${from}`),
  );
}

/** Imports that matter when the program runs. */
const runtimeImports = ({ imports }: Source): string[] =>
  imports.flatMap(({ file, typeOnly }) => (file !== null && !typeOnly && sources.has(file) ? [file] : []));

describe('imports', () => {
  it('of libraries are those that the table allows', () => {
    const wrong = offending(libraries, ({ file }, { from }) => {
      return from.startsWith('#libs/') && !mayImport[unitOf(file).slice(5)]?.includes(from.slice(6));
    });
    expect(wrong).toEqual([]);
  });

  it('of libraries know no framework', () => {
    const framework = /^(@nestjs\/|rxjs|fastify|@fastify\/)/;
    expect(offending(production, ({ file }, { from }) => framework.test(from) && !file.startsWith('apps/'))).toEqual(
      [],
    );
  });

  it('go to other libraries through their face, and to their own files directly', () => {
    const wrong = offending(production, ({ file }, { from, file: to }) => {
      if (to === null) return false;
      if (from.startsWith('#libs/')) return !indexPattern.test(to) || unitOf(to) === unitOf(file);
      return unitOf(to) !== unitOf(file) && to.startsWith('libs/');
    });
    expect(wrong).toEqual([]);
  });

  it('of libraries never leave them by a path', () => {
    // The entities' migrations are the database's, not a library's: they lie beside all of it.
    const wrong = offending(libraries, ({ file }, { from, file: to }) => {
      return from.startsWith('.') && to !== null && unitOf(to) !== unitOf(file) && unitOf(to) !== 'migrations';
    });
    expect(wrong).toEqual([]);
  });

  it('go to other apps through their index', () => {
    const wrong = offending(apps, ({ file }, { file: to }) => {
      return to?.startsWith('apps/') === true && unitOf(to) !== unitOf(file) && to !== `${unitOf(to)}/src/index.ts`;
    });
    expect(wrong).toEqual([]);
  });

  it('lead to files that are there', () => {
    const wrong = offending(
      [...sources.values()],
      (_, { file }) => file?.endsWith('.ts') === true && !sources.has(file),
    );
    expect(wrong).toEqual([]);
  });

  it('do not go in circles', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const follow = (file: string, path: readonly string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0) circles.push([...path.slice(at), file].join(' → '));
      if (at >= 0 || done.has(file)) return;
      for (const next of runtimeImports(sources.get(file)!)) follow(next, [...path, file]);
      done.add(file);
    };
    for (const { file } of production) follow(file, []);
    expect(circles).toEqual([]);
  });

  it('leave no file unused', () => {
    const used = new Set<string>();
    const use = (file: string): void => {
      if (used.has(file) || !sources.has(file)) return;
      used.add(file);
      for (const taken of sources.get(file)!.imports) if (taken.file !== null) use(taken.file);
    };
    for (const main of mains) use(main);
    expect(production.map(({ file }) => file).filter((file) => !used.has(file))).toEqual([]);
  });

  // Types may stand there for the signatures that they are part of, and event types for whoever writes such events.
  it('leave no value of a library’s face unused', () => {
    const taken = new Set<string>();
    for (const { file, imports } of sources.values()) {
      for (const { file: to, names } of imports) {
        if (to === null || unitOf(to) === unitOf(file)) continue;
        for (const name of names ?? ['*']) taken.add(`${to} ${name}`);
      }
    }
    const unused = libraries
      .filter(({ file }) => indexPattern.test(file))
      .flatMap(({ file, imports }) =>
        imports.flatMap(({ from, values }) =>
          from.startsWith('./types/') ? [] : values.map((name) => `${file} ${name}`),
        ),
      )
      .filter((name) => !taken.has(name));
    expect(unused).toEqual([]);
  });

  it('of production take nothing from tests', () => {
    const wrong = offending(
      production,
      (_, { file }) => file !== null && /\.spec\.ts$|\/(testing|contract)\/|^test\//.test(file),
    );
    expect(wrong).toEqual([]);
  });
});
