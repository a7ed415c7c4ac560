import { Client } from 'pg';
import { CONNECT_TIMEOUT_MS } from '../database/open-database.js';

export interface RuleFeedOptions {
  url: string;
  /** Called after a change to rules, and every now and then, since a connection may break without our being told. */
  look(): void;
  /** Told when listening fails; it goes on by itself. */
  onProblem?(error: Error): void;
}

const RECONNECT_MS = 1_000;
const LOOK_MS = 5_000;

/** Listens for changes to rules on a connection of its own. Resolves with how to close it, whether it listens yet or not. */
export async function listenForRules(options: RuleFeedOptions): Promise<() => Promise<void>> {
  let client: Client | undefined;
  let again: NodeJS.Timeout | undefined;
  let closed = false;
  const connect = async (): Promise<void> => {
    client = new Client({
      connectionString: options.url,
      application_name: 'weir rules',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
    });
    const mine = client;
    mine.on('error', (error) => options.onProblem?.(error));
    mine.on('notification', () => options.look());
    try {
      await mine.connect();
      await mine.query('LISTEN weir_rules');
      mine.once('end', soon);
      options.look();
    } catch (error) {
      mine.end().catch(() => {});
      options.onProblem?.(error as Error);
      soon();
    }
  };
  const soon = (): void => {
    if (!closed) again = setTimeout(() => void connect(), RECONNECT_MS);
  };
  const looking = setInterval(() => options.look(), LOOK_MS).unref();
  await connect();
  return async () => {
    closed = true;
    clearInterval(looking);
    clearTimeout(again);
    await client?.end().catch(() => {});
  };
}
