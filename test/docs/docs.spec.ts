import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { environmentTable, variables } from '#libs/config';
import { compileRules, correlationKinds } from '#libs/sigma';
import { metricTable } from '#libs/telemetry';
import { weirProgram } from '../../apps/weir/src/program.js';
import { Shell } from '../../apps/weir/src/shell.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const pages = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', ...globSync('docs/*.md', { cwd: root }).sort()];
const everything = pages.map(read).join('\n');
const named = (pattern: RegExp): Set<string> => new Set(everything.match(pattern));

describe('what the docs say is so', () => {
  test('the table of settings is that of libs/config, and no page names another variable', () => {
    expect(read('docs/operating.md')).toContain(environmentTable());
    const known = Object.values(variables).map(({ name }) => name as string);
    expect([...named(/WEIR_[A-Z_]*[A-Z]/g)].filter((name) => !known.includes(name))).toEqual([]);
  });

  test('the table of metrics is that of libs/telemetry, and no page names another metric', () => {
    for (const [name, { type, labels, help }] of Object.entries(metricTable)) {
      const labelled = labels.map((label) => `\`${label}\``).join(', ');
      expect(read('docs/operating.md')).toContain(`| \`${name}\` | ${type} | ${labelled} | ${help} |`);
    }
    const metrics = [...named(/\bweir_[a-z]+_[a-z_]*[a-z]/g)];
    expect(metrics.filter((name) => !Object.hasOwn(metricTable, name))).toEqual([]);
  });

  test('every command has its row, and no page calls another', () => {
    const commands = weirProgram(new Shell()).commands.map((command) => command.name());
    for (const name of commands) expect(read('docs/commands.md')).toContain(`| \`${name}\` | `);
    const rules = weirProgram(new Shell()).commands.find((command) => command.name() === 'rules')!.commands;
    const inRules = [...everything.matchAll(/npx weir rules ([a-z]+)/g)].map(([, name]) => name);
    expect(inRules.filter((name) => !rules.some((command) => command.name() === name))).toEqual([]);
    const called = [...everything.matchAll(/npx weir ([a-z]+)/g)].map(([, name]) => name);
    expect(called.filter((name) => !commands.includes(name))).toEqual([]);
  });

  test('every rule that ships has its row, and the example rule runs', () => {
    const page = read('docs/writing-rules.md');
    const files = globSync('rules/**/*.yml', { cwd: root }).map((file) => ({ file, text: read(file) }));
    const rows = [...page.matchAll(/^\| `([\w-]+)` \| .*\d/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(
      compileRules(files)
        .correlations.map(({ info }) => info.name)
        .sort(),
    );
    const [, example] = /```yaml\n(.*?)```/s.exec(page)!;
    expect(compileRules([{ file: 'example.yml', text: example }])).toMatchObject({
      problems: [],
      correlations: [{ info: { name: 'admin-bruteforce' } }],
    });
  });

  test('the examples of correlations are those of their scenarios', () => {
    const chapters = read('docs/correlation-types.md').split(/^## /m).slice(1);
    for (const chapter of chapters) {
      const example = /```yaml\n(.*?)```/s.exec(chapter)?.[1];
      const folder = /\(\.\.\/(test\/scenarios\/[\w-]+)\)/.exec(chapter)![1];
      if (example !== undefined) expect(read(`${folder}/rule.yml`)).toContain(example);
    }
    const kinds = chapters.flatMap((chapter) => /^`(\w+)`/.exec(chapter)?.[1] ?? []);
    expect(kinds.sort()).toEqual([...correlationKinds].sort());
    const running = globSync('test/scenarios/kind-*', { cwd: root });
    expect(running.filter((folder) => !chapters.some((chapter) => chapter.includes(`(../${folder})`)))).toEqual([]);
  });

  test.each(pages)('the links of %s lead somewhere', (page) => {
    for (const [, target, anchor] of read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
      const file = target === '' ? page : normalize(join(dirname(page), target));
      expect(existsSync(join(root, file)), `${page} → ${target}`).toBe(true);
      if (anchor) expect(anchors(file), `${page} → ${target}#${anchor}`).toContain(anchor);
    }
  });
});

function anchors(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
