import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../apps/weir/src/package-root.js';
import { isIgnored, readStages, type Stage } from './dockerfile.js';

const run = promisify(execFile);
const root = mkdtempSync(join(tmpdir(), 'weir-image-'));
const stages = readStages();
const final = stages.at(-1)!;
const last = (keyword: string) => final.steps.findLast((step) => step.keyword === keyword)!;
/** Root plays an ordinary user that the system knows (PostgreSQL asks for its name); anybody else is one. */
const user = process.getuid!() === 0 ? { uid: 65534, gid: 65534 } : { uid: process.getuid!(), gid: process.getgid!() };

/**
 * The Dockerfile step by step, with a folder for each stage and this machine in place of the images: what COPY copies is
 * all that a step finds, what RUN runs is run, the last stage's command and health check are called as they are written.
 */
describe('the image, replayed without an engine', () => {
  let weir: ChildProcess;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    chmodSync(root, 0o755);
    for (const [i, stage] of stages.entries()) await replay(stage, folderOf(stage.name ?? String(i)));
    cpSync(join(packageRoot, 'node_modules/node/bin/node'), join(folderOf(finalName), 'usr/local/bin/node'));
    await run('chmod', ['-R', 'a-w', join(folderOf(finalName), 'app')]);
  });
  afterAll(async () => {
    weir?.kill('SIGKILL');
    await run('chmod', ['-R', 'u+w', root]);
    rmSync(root, { recursive: true, force: true });
  });

  test('has what production needs, and no more', () => {
    const app = join(folderOf(finalName), 'app');
    expect(existsSync(join(app, 'node_modules/vitest'))).toBe(false);
    expect(existsSync(join(app, 'node_modules/typescript'))).toBe(false);
    expect(globSync('{dist,apps}/**/*.{spec.js,ts}', { cwd: app })).toEqual([]);
    expect(statSync(join(folderOf(finalName), 'usr/local/bin/weir')).isFile()).toBe(true);
  });

  test('starts as an ordinary user in a folder that it cannot write to, answers the health check, and stops on SIGTERM', async () => {
    const port = await freePort();
    env = { ...imageEnvironment(), WEIR_HTTP_PORT: String(port), WEIR_HTTP_HOST: '127.0.0.1', WEIR_LOG_LEVEL: 'warn' };
    const check = () => command(last('HEALTHCHECK').args, 10_000);
    await expect(check()).rejects.toMatchObject({ code: 1 });

    const [program, ...args] = [...last('ENTRYPOINT').args, ...last('CMD').args];
    weir = spawn(program, args, { cwd: appFolder(), env, stdio: ['ignore', 'ignore', 'pipe'], ...user });
    let said = '';
    weir.stderr!.on('data', (piece: Buffer) => {
      said += piece;
    });
    const ended = new Promise((resolve) => weir.on('exit', (code, signal) => resolve(code ?? signal)));
    for (let tries = 0; !(await check().then(...isOk)); tries++) {
      if (tries > 100 || weir.exitCode !== null) throw new RangeError(`It does not get healthy: ${said}`);
      await delay(200);
    }
    await expect(run('touch', [join(appFolder(), 'rules/x')], user)).rejects.toMatchObject({ code: 1 });
    for (const path of ['/', '/health/ready', '/openapi.json']) {
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status, path).toBe(200);
    }
    // The command that is linked for `docker exec`.
    const { stdout } = await command(['weir', 'topics', '--json'], 20_000);
    expect(stdout).toContain('weir.matches');
    weir.kill('SIGTERM');
    expect(await ended, said).toBe(0);
  });

  const isOk = [() => true, () => false] as const;
  const appFolder = () => join(folderOf(finalName), last('WORKDIR').args[0]);
  const command = ([program, ...args]: readonly string[], timeout: number) =>
    run(program, args, { cwd: appFolder(), env, timeout, ...user });
});

const finalName = final.name ?? String(stages.length - 1);
const folderOf = (stage: string) => join(root, stage);

/** That of the last stage, its folders where they are here. */
function imageEnvironment(): NodeJS.ProcessEnv {
  const words = final.steps.filter(({ keyword }) => keyword === 'ENV').flatMap(({ args }) => args);
  const own = Object.fromEntries(words.map((word) => word.split(/=(.*)/s, 2)));
  const folder = folderOf(finalName);
  const path = `${join(folder, 'usr/local/bin')}:${process.env.PATH}`;
  return { ...own, WEIR_DATA_DIR: join(folder, own.WEIR_DATA_DIR), PATH: path };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function replay({ steps }: Stage, folder: string): Promise<void> {
  let at = folder;
  mkdirSync(join(folder, 'usr/local/bin'), { recursive: true });
  for (const { keyword, args, text, flags } of steps) {
    if (keyword === 'WORKDIR') {
      at = join(folder, args[0]);
      mkdirSync(at, { recursive: true });
    }
    if (keyword === 'COPY') {
      const from = flags.from ? folderOf(flags.from) : packageRoot;
      for (const source of args.slice(0, -1)) copy(join(from, source), at, args.at(-1)!, !flags.from);
    }
    if (keyword === 'RUN') await runInShell(text, at, folder);
  }
}

/** As COPY does: of a folder its content. */
function copy(source: string, at: string, target: string, fromContext: boolean): void {
  const into =
    statSync(source).isDirectory() || !target.endsWith('/') ? join(at, target) : join(at, target, basename(source));
  // Of an earlier stage nothing else is wanted: moved, it need not be written twice.
  if (!fromContext) renameSync(source, into);
  else cpSync(source, into, { recursive: true, filter: (file) => !isIgnored(relative(packageRoot, file)) });
}

/** Absolute paths are those of the stage; files are given to the user that stands for the image's. */
async function runInShell(text: string, cwd: string, folder: string): Promise<void> {
  const here = text
    .replaceAll(/(?<=\s)\/(?=\w)/g, `${folder}/`)
    .replace('-o 1000 -g 1000', `-o ${user.uid} -g ${user.gid}`);
  const path = `${join(packageRoot, 'node_modules/node/bin')}:${process.env.PATH}`;
  // What is in npm's cache already is the same, and nobody has to fetch it once more.
  const npm = { npm_config_prefer_offline: 'true', npm_config_loglevel: 'error' };
  // What is not has to be fetched from whom this machine trusts.
  const { HOME, NODE_EXTRA_CA_CERTS } = process.env;
  await run('sh', ['-ec', here], { cwd, env: { HOME, PATH: path, NODE_EXTRA_CA_CERTS, ...npm }, timeout: 280_000 });
}
