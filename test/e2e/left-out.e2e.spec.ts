import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { packageRoot } from '../../apps/weir/src/package-root.js';

/** A machine that has no Java, no Maven, no Chromium, no Prometheus and no bouncer, and no broker that runs already. */
const bare = mkdtempSync(join(tmpdir(), 'weir-bare-'));
const needing = globSync('{apps,libs,test}/**/*.spec.ts', { cwd: packageRoot })
  .filter((file) =>
    /\b(kafkaForTests|launchBrowser|programsForTests|bouncerHouse)\(/.test(
      readFileSync(join(packageRoot, file), 'utf8'),
    ),
  )
  .sort();
afterAll(() => rmSync(bare, { recursive: true, force: true }));

async function runThem(CI?: string): Promise<{ code: number; said: string }> {
  const vitest = join(packageRoot, 'node_modules/vitest/vitest.mjs');
  const env = { HOME: bare, PATH: bare, TMPDIR: bare, KAFKA_DATA: bare, NO_COLOR: '1', ...(CI && { CI }) };
  const child = spawn(process.execPath, [vitest, 'run', ...needing], { cwd: packageRoot, env, timeout: 280_000 });
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.on('exit', (given) => resolve(given ?? -1))),
  ]);
  return { code, said: out + err };
}

test('without Java, Chromium, Prometheus and a bouncer the tests pass, and each that is left out is named in capital letters', async () => {
  expect(needing.length).toBeGreaterThan(6);
  const { code, said } = await runThem();
  expect(code, said).toBe(0);
  expect(said.match(/^LEFT OUT: [A-Z].*$/gm), said).toHaveLength(needing.length);
});

test('in CI leaving them out is a failure of each', async () => {
  const { code, said } = await runThem('true');
  expect(code).toBe(1);
  for (const file of needing) expect(said).toMatch(new RegExp(`FAIL\\s+${file}`));
});
