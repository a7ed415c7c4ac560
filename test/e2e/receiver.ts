import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export interface Received {
  headers: Record<string, string>;
  body: string;
}

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** A receiver in a process of its own that makes trouble, and comes back when it died. */
export class Receiver {
  deaths = 0;
  private child: ChildProcess | undefined;
  private closed = false;

  private constructor(
    readonly port: number,
    private readonly file: string,
    private readonly troublePercent: number,
  ) {}

  static async start(folder: string, troublePercent: number): Promise<Receiver> {
    const receiver = new Receiver(await freePort(), join(folder, 'received.ndjson'), troublePercent);
    await receiver.spawn();
    return receiver;
  }

  /** Everything that was ever written down, in order. */
  get received(): Received[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Received);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.child?.exitCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private async spawn(): Promise<void> {
    const script = join(import.meta.dirname, 'receiver.mjs');
    const args = [script, this.port, this.file, this.deaths + 1, this.troublePercent].map(String);
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    child.on('exit', () => {
      if (this.closed) return;
      this.deaths++;
      setTimeout(() => void this.spawn(), 300);
    });
    await once(child.stdout!, 'data');
  }
}
