import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** A server that runs until the spec ends it; `ready` is asked until it answers. */
export class Server {
  private constructor(private readonly child: ChildProcess) {}

  static async start(program: string, args: readonly string[], ready: string): Promise<Server> {
    const child = spawn(program, args, { stdio: 'ignore' });
    for (let tries = 0; !(await answers(ready)); tries++) {
      if (child.exitCode !== null || tries > 200) throw new TypeError(`${program} does not start.`);
      await delay(100);
    }
    return new Server(child);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await once(this.child, 'exit');
  }
}

const answers = async (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
