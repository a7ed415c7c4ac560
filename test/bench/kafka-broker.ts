import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../apps/weir/src/package-root.js';

const script = join(packageRoot, 'deploy/kafka/kafka.mjs');

export interface BenchBroker {
  /** As host:port. */
  address: string;
  /** Stops the broker where this bench has started it. */
  release(): Promise<void>;
}

async function run(command: 'start' | 'stop'): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, command, '--json'], { timeout: 700_000 });
  return JSON.parse(stdout);
}

/**
 * The trial broker: the one that runs, or one that is started now. Null where there is no Java, and then it says in
 * capital letters what is left out; under CI that is a failure.
 */
export async function benchBroker(what: string): Promise<BenchBroker | null> {
  try {
    const { brokers, started } = await run('start');
    return {
      address: String(brokers),
      release: async () => {
        if (started) await run('stop');
      },
    };
  } catch (error) {
    if (process.env.CI) throw error;
    const { stderr = '', message } = error as Error & { stderr?: string };
    console.log(`LEFT OUT: ${what.toUpperCase()} (${stderr.trim() || message})`);
    return null;
  }
}
