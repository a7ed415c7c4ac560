#!/usr/bin/env node
// Runs on any Node from 20 on: steps over to the Node that Weir brings along, where the one at hand is older.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_MAJOR_MIN = 26;
const root = fileURLToPath(new URL('../../../', import.meta.url));
const main = `${root}dist/apps/weir/src/main.js`;
const node = `${root}node_modules/node/bin/node`;

const fail = (sentence) => {
  process.stderr.write(`weir: ${sentence}\n`);
  process.exit(1);
};

/** As exec would: same terminal, same signals, same end. */
function become(program, args) {
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${program} does not start (${error.message}); run \`npm ci\` again.`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

if (!existsSync(main)) fail('it is not built yet; run `npm ci`, or `npm run build`, in its folder.');
if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) await import(pathToFileURL(main).href);
else if (existsSync(node)) become(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
else
  fail(
    `it needs Node ${NODE_MAJOR_MIN}, and this is ${process.version}; run \`npm ci\` in its folder, which brings it.`,
  );
