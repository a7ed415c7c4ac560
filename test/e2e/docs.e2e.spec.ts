import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cli } from '../../apps/weir/testing/cli.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/**
 * Blocks of a page that are marked `sh` are run, in their order, by one shell, as a reader would run them. A line
 * `# → text` says what they print. Blocks marked `console` are for reading.
 */
describe.each(['README.md', 'docs/getting-started.md', 'docs/sending-events.md', 'docs/contests.md', 'docs/feeds.md'])(
  '%s',
  (page) => {
    const cli = new Cli();
    let url: string;

    beforeAll(async () => {
      symlinkSync(join(root, 'node_modules'), join(cli.dataDir, 'node_modules'));
      const data = { WEIR_DATA_DIR: join(cli.dataDir, 'data'), WEIR_RULES_DIR: join(root, 'rules') };
      url = (await cli.start(data)).url;
    });
    afterAll(() => cli.close());

    test('its commands do what it says', async () => {
      const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].map(
        ([, text]) => text,
      );
      expect(blocks.length).toBeGreaterThan(0);
      const script = ['set -euo pipefail', ...blocks].join('\n').replaceAll('http://127.0.0.1:8080', url);
      const own = Object.entries(process.env).filter(([name]) => !name.startsWith('WEIR_'));
      const path = `${dirname(process.execPath)}:${process.env.PATH}`;
      const { stdout } = await run('bash', ['-c', script], {
        cwd: cli.dataDir,
        env: { ...Object.fromEntries(own), PATH: path, WEIR_URL: url },
        timeout: 200_000,
      });
      for (const [, said] of script.matchAll(/^# → (.*)$/gm)) expect(stdout).toContain(said);
    });
  },
);
