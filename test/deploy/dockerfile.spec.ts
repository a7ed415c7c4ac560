import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { expect, test } from 'vitest';
import { packageRoot } from '../../apps/weir/src/package-root.js';
import { dockerfileText, isIgnored, readStages } from './dockerfile.js';

const read = (file: string) => readFileSync(join(packageRoot, file), 'utf8');
const packageJson = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
const stages = readStages();
const final = stages.at(-1)!;
const last = (keyword: string) => final.steps.findLast((step) => step.keyword === keyword);

test('the Dockerfile has no mistake that a linter knows', () => {
  expect(validate(dockerfileText)).toEqual([]);
});

test('every stage is made from the Node that package.json pins', () => {
  const version = packageJson.dependencies.node;
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(stages.map(({ image }) => image)).toEqual(stages.map(() => `node:${version}-bookworm-slim`));
});

test('what is copied is there, and .dockerignore lets it through, and nothing secret', () => {
  const copied = stages
    .flatMap(({ steps }) => steps)
    .filter(({ keyword, flags }) => keyword === 'COPY' && !flags.from)
    .flatMap(({ args }) => args.slice(0, -1));
  expect(copied).toContain('package-lock.json');
  for (const source of copied) {
    expect(existsSync(join(packageRoot, source)), source).toBe(true);
    expect(isIgnored(source), source).toBe(false);
  }
  for (const secret of [
    'data/admin.key',
    'deploy/.env',
    '.git/config',
    'node_modules/x',
    'libs/log/testing/kafka.ts',
  ]) {
    expect(isIgnored(secret), secret).toBe(true);
  }
});

test('it runs as an ordinary user, with a health check and no shell between', () => {
  expect(last('USER')!.args).toEqual(['1000:1000']);
  expect(last('HEALTHCHECK')!.args.slice(0, 2)).toEqual(['node', '-e']);
  expect(last('ENTRYPOINT')!.args).toEqual(['node', 'dist/apps/weir/src/main.js']);
  expect(last('CMD')!.args).toEqual(['start']);
});
