// npm links the commands of dependencies, not a package's own. With this link `npx weir` works in a clone, offline and for
// every user. (With a `bin` in package.json npx would instead install the clone into each user's cache, and build it.)
import { lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

const bin = new URL('../../../node_modules/.bin/', import.meta.url);
const link = new URL('weir', bin);
mkdirSync(bin, { recursive: true });
if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link);
symlinkSync('../../apps/weir/bin/weir.mjs', link);
