import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileRules, formatProblem } from './index.js';
import { ruleFileCharsMax } from './source.js';

// What rule authors read: every file of golden/ with all the problems it gives. `vitest -u` rewrites them; read the
// difference before you commit it.
const folder = new URL('golden/', import.meta.url);

describe('the messages for rules that are refused', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yml'));

  it.each(files)('%s', async (file) => {
    const { problems } = compileRules([{ file, text: readFileSync(new URL(file, folder), 'utf8') }]);
    const shown = problems.map((problem) => `${formatProblem(problem)}\n`).join('');
    await expect(shown).toMatchFileSnapshot(new URL(file.replace('.yml', '.txt'), folder).pathname);
  });

  it('names what is too large to be a rule', () => {
    const regex = 'x'.repeat(5000);
    const rule = `title: x\nlogsource: {product: weir, service: log}\ndetection:\n  s: {body|re: ${regex}}\n  condition: s\n`;
    const shown = (file: string, text: string) => compileRules([{ file, text }]).problems.map(formatProblem);
    expect(shown('huge.yml', ' '.repeat(ruleFileCharsMax + 1))).toEqual([
      'huge.yml:1:1: The file is larger than 1048576 characters. Split it into several rule files.',
    ]);
    expect(shown('deep.yml', '['.repeat(100_000))).not.toEqual([]);
    expect(shown('regex.yml', rule)).toEqual([
      'regex.yml:4:16: [regex] The regular expression is longer than 4096 characters. Split it into a list.',
    ]);
  });
});
