import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../apps/weir/src/package-root.js';

type Verify = (headers: Record<string, string>, body: string, secret: string) => boolean;

const page = readFileSync(join(packageRoot, 'docs/notifications.md'), 'utf8');
const [, snippet] = /```js\n(.*?)```/s.exec(page)!;
const file = join(mkdtempSync(join(tmpdir(), 'weir-docs-')), 'verify.mjs');
writeFileSync(file, snippet);

/** The verification that the manual shows to receivers, as it is there. */
export const { verify } = (await import(file)) as { verify: Verify };
