import { afterAll, expect, test } from 'vitest';
import { Cli } from '../../testing/cli.js';
import type { Verdict } from './verdict.js';

const cli = new Cli();
afterAll(() => cli.close());

test('the demo finds every attacker it plants, real spam among them, and nobody else', async () => {
  const { code, stdout, stderr } = await cli.run(['demo', '--once', '--json']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { verdict?: Verdict; afterSeconds?: number; page?: string });
  const verdict = lines.at(-1)!.verdict!;
  expect(verdict.rows.filter(({ foundBy }) => foundBy.length === 0)).toEqual([]);
  expect(verdict.innocents).toEqual([]);
  expect(verdict.rows.filter(({ kind }) => kind.startsWith('real spam'))).toHaveLength(3);
  expect(lines[0].page).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#key=weir_/);
  expect(lines.slice(1, -1).every(({ afterSeconds }) => afterSeconds! < 60)).toBe(true);
  expect([code, stderr]).toEqual([0, '']);
});
