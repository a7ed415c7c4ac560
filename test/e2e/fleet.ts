import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { openDatabase } from '#libs/storage';
import type { Cli, Running } from '../../apps/weir/testing/cli.js';
import type { TestDatabase } from '../../libs/storage/testing/test-database.js';

export type Part = 'ingest' | 'detect' | 'project' | 'notify' | 'api';

interface Lag {
  caughtUp: boolean;
  items: { group: string; records: number }[];
}

export const fleetKey = `weir_0123456789abcdef_${'k'.repeat(43)}`;

/** Weir in several processes, each with one part, on one Kafka and one PostgreSQL. */
export class Fleet {
  private readonly running = new Map<string, Running>();

  private constructor(
    private readonly cli: Cli,
    private readonly database: DataSource,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** With a database of its own. */
  static async open(cli: Cli, pg: TestDatabase, name: string, env: NodeJS.ProcessEnv): Promise<Fleet> {
    await pg.database.query(`CREATE DATABASE "${name}"`);
    const url = pg.url.replace('/postgres?', `/${name}?`);
    const database = await openDatabase({ url });
    return new Fleet(cli, database, { ...env, WEIR_DATABASE_URL: url, WEIR_ADMIN_KEY: fleetKey });
  }

  /** Names are parts, and what tells several of one part apart: `detect`, `detect-2`. */
  async start(...names: string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const process = this.cli.launch(this.env, [name.replace(/-\d+$/, '')]);
        this.running.set(name, process);
        await process.ready();
      }),
    );
  }

  get names(): string[] {
    return [...this.running.keys()];
  }

  of(name: string): Running {
    const found = this.running.get(name);
    if (!found) throw new RangeError(`No ${name} runs.`);
    return found;
  }

  url(name: string): string {
    return this.of(name).url;
  }

  signal(name: string, signal: NodeJS.Signals): void {
    process.kill(this.of(name).pid, signal);
  }

  async end(name: string, signal?: NodeJS.Signals): Promise<{ code: number | null; stderr: string }> {
    const ended = await this.of(name).end(signal);
    this.running.delete(name);
    return ended;
  }

  query<T>(sql: string): Promise<T[]> {
    return this.database.query<T[]>(sql);
  }

  /** Ends all that run, and gives what they said. */
  async endAll(): Promise<{ name: string; code: number | null; stderr: string }[]> {
    await this.database.destroy();
    return Promise.all(this.names.map(async (name) => ({ name, ...(await this.end(name)) })));
  }

  async get(name: string, path: string, method = 'GET'): Promise<Response> {
    const headers = { 'x-api-key': fleetKey };
    return fetch(this.url(name) + path, { method, headers, signal: AbortSignal.timeout(20_000) });
  }

  /** Resolves once it says that it is ready. */
  async ready(...names: string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        for (let tries = 0; ; tries++) {
          const answer = await this.get(name, '/health/ready');
          if (answer.ok) return;
          if (tries > 400) throw new RangeError(`${name} does not get ready: ${await answer.text()}`);
          await delay(50);
        }
      }),
    );
  }

  /** Resolves once no consumer has anything left to process. */
  async caughtUp(): Promise<void> {
    for (let lag: Lag | undefined; !lag?.caughtUp; await delay(100)) {
      // The one that is asked may be the one that is being restarted.
      const answer = await this.get('api', '/api/v1/lag').catch(() => null);
      if (answer?.ok) lag = (await answer.json()) as Lag;
    }
  }
}
