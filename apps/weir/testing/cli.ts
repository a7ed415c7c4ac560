import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = join(import.meta.dirname, '../bin/weir.mjs');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The real command line as child processes, each test with a data folder and port of its own. Needs a build. */
export class Cli {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'weir-e2e-'));
  private readonly children = new Set<ChildProcess>();
  private url: string | null = null;

  /** Runs a command to its end. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<Ended> {
    const child = this.spawn(args, env);
    child.stdin!.end(input);
    return endOf(child, Promise.all([text(child.stdout!), text(child.stderr!)]));
  }

  /** Runs a command with `--json` and gives what it printed. */
  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json']);
    if (code !== 0) throw new TypeError(`weir ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Starts Weir; resolves once it says where it runs. Commands run afterwards find it there. */
  async start(env: NodeJS.ProcessEnv = {}): Promise<Running> {
    const child = this.spawn(['start', '--json'], env);
    const stderr = text(child.stderr!);
    const stdout: Buffer[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout!.on('data', (piece: Buffer) => {
        stdout.push(piece);
        const line = Buffer.concat(stdout).toString();
        if (line.endsWith('\n')) resolve((JSON.parse(line) as { url: string }).url);
      });
      child.on('exit', async (code) => reject(new TypeError(`weir start ended with ${code}: ${await stderr}`)));
    });
    this.url = url;
    return new Running(child, url, stderr);
  }

  follow(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const child = this.spawn(args, {});
    return { child, ended: endOf(child, Promise.all([text(child.stdout!), text(child.stderr!)])) };
  }

  /** Ends what still runs and removes the folder. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.children].map((child) => {
        const gone = new Promise((done) => child.on('exit', done));
        child.kill('SIGTERM');
        return gone;
      }),
    );
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private spawn(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WEIR_')));
    const address = this.url ? { WEIR_URL: this.url } : {};
    const child = spawn(process.execPath, [bin, ...args], {
      env: { ...own, WEIR_DATA_DIR: this.dataDir, WEIR_HTTP_PORT: '0', WEIR_LOG_LEVEL: 'warn', ...address, ...env },
      timeout: 120_000,
      stdio: 'pipe',
    });
    this.children.add(child);
    child.on('exit', () => this.children.delete(child));
    return child;
  }
}

/** A Weir that runs. */
export class Running {
  constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly stderr: Promise<string>,
  ) {}

  /** Sends the signal; resolves with how it ended. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; stderr: string }> {
    this.child.kill(signal);
    const { code, stderr } = await endOf(this.child, Promise.all(['', this.stderr]));
    return { code, stderr };
  }
}

async function endOf(child: ChildProcess, output: Promise<readonly [string, string]>): Promise<Ended> {
  const code =
    child.exitCode ?? (await new Promise<number | null>((resolve) => child.on('exit', (given) => resolve(given))));
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}
