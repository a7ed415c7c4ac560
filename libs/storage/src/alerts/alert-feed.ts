import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { CONNECT_TIMEOUT_MS } from '../database/open-database.js';
import { prepared } from '../database/prepared.js';
import type { AlertWire } from './alert.js';
import { type AlertRow, alertColumns, alertWire } from './alert-row.js';

/** An alert as it became visible. `change` grows from one to the next; who has seen one has missed none below it. */
export interface AlertChange {
  change: number;
  alert: AlertWire;
}

/** Every change to an alert that is committed from now on, whichever process makes it. */
export interface AlertFeed {
  /** The listener gets changes in order, each alert in its newest revision; it must not throw. Returns how to unsubscribe. */
  subscribe(listener: (changes: readonly AlertChange[]) => void): () => void;
  close(): Promise<void>;
}

export interface AlertFeedOptions {
  database: DataSource;
  url: string;
  /** Told when listening or reading fails; it goes on by itself. */
  onProblem?(error: Error): void;
}

const PAGE_CHANGES = 200;
const RECONNECT_MS = 1_000;
/** A connection may break without our being told. */
const LOOK_MS = 5_000;

/** Alerts that changed after `change`, in order, each once in its newest revision: what a returning listener missed. */
export async function alertsSince(database: DataSource, change: number, limit = PAGE_CHANGES): Promise<AlertChange[]> {
  const rows = await database.query<AlertRow[]>(alertsSinceSql, [change, limit]);
  return rows.map((row) => ({ change: Number(row.change), alert: alertWire(row) }));
}

const alertsSinceSql = prepared(`
  SELECT ${alertColumns} FROM computed.alert a
  WHERE a.change > $1 ORDER BY a.change LIMIT $2`);

/** The newest change there is, 0 before the first. */
export async function newestChange(database: DataSource): Promise<number> {
  const [row] = await database.query<{ change: string }[]>(
    'SELECT coalesce(max(change), 0) AS change FROM computed.alert',
  );
  return Number(row.change);
}

/** Listens on a connection of its own. Resolves once it listens. */
export async function openAlertFeed(options: AlertFeedOptions): Promise<AlertFeed> {
  const feed = new ListeningFeed(options, await newestChange(options.database));
  await feed.connect();
  return feed;
}

/**
 * A notification only says "look": what changed is read from the table, from the last change seen. So nothing is
 * missed while the connection is down, and however many notifications come, one reading is under way.
 */
class ListeningFeed implements AlertFeed {
  private readonly listeners = new Set<(changes: readonly AlertChange[]) => void>();
  private client: Client | undefined;
  private closed = false;
  private readonly looking: NodeJS.Timeout;
  private reconnecting: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private lookAgain = false;

  constructor(
    private readonly options: AlertFeedOptions,
    private seen: number,
  ) {
    this.looking = setInterval(() => this.look(), LOOK_MS).unref();
  }

  subscribe(listener: (changes: readonly AlertChange[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.looking);
    clearTimeout(this.reconnecting);
    await this.client?.end().catch(() => {});
    await this.reading;
  }

  async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.options.url,
      application_name: 'weir feed',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
    });
    this.client = client;
    client.on('error', (error) => this.options.onProblem?.(error));
    client.on('notification', () => this.look());
    try {
      await client.connect();
      await client.query('LISTEN weir_alerts');
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    client.once('end', () => this.reconnectSoon());
    this.look();
  }

  private reconnectSoon(): void {
    if (this.closed) return;
    this.reconnecting = setTimeout(() => {
      this.connect().catch((error: Error) => {
        this.options.onProblem?.(error);
        this.reconnectSoon();
      });
    }, RECONNECT_MS);
  }

  private look(): void {
    this.lookAgain = true;
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
  }

  private async read(): Promise<void> {
    while (this.lookAgain && !this.closed) {
      this.lookAgain = false;
      try {
        const changes = await alertsSince(this.options.database, this.seen);
        if (changes.length === 0) continue;
        this.seen = changes[changes.length - 1].change;
        this.lookAgain ||= changes.length === PAGE_CHANGES;
        for (const listener of this.listeners) listener(changes);
      } catch (error) {
        // The connection that notifies breaks with the one that reads; its return looks again.
        this.options.onProblem?.(error as Error);
      }
    }
  }
}
