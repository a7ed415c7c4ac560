import type { Config } from '#libs/config';
import { CommandError } from '../errors.js';
import { adminKey } from './admin-key.js';
import { type ServerSentEvent, serverSentEvents } from './server-sent-events.js';

/** A problem+json answer (RFC 9457), as far as commands read it. */
interface Problem {
  code?: string;
  title?: string;
  detail?: string;
}

type Query = Record<string, string | number | boolean | undefined>;

/** Speaks HTTP with a running Weir. Every failure is a CommandError that says what to do. */
export class WeirClient {
  constructor(
    readonly url: string,
    private readonly key: string | CommandError,
  ) {}

  /** The Weir that the configuration points to, with the key at hand. */
  static of(config: Config): WeirClient {
    return new WeirClient(addressOf(config), adminKey(config));
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.json<T>(withQuery(path, query), { method: 'GET' });
  }

  post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.json<T>(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** Puts `body` where what `etag` names is; null: where nothing is. */
  put<T>(path: string, body: unknown, etag: string | null): Promise<T> {
    const headers = { 'content-type': 'application/json', ...(etag !== null && { 'if-match': etag }) };
    return this.json<T>(path, { method: 'PUT', headers, body: JSON.stringify(body) });
  }

  /** Changes what `etag` names. */
  patch<T>(path: string, body: unknown, etag: string): Promise<T> {
    const headers = { 'content-type': 'application/json', 'if-match': etag };
    return this.json<T>(path, { method: 'PATCH', headers, body: JSON.stringify(body) });
  }

  /** The ETag of what is there; null: nothing is. */
  async etag(path: string): Promise<string | null> {
    const response = await this.fetch(path, { method: 'GET' });
    if (response.status === 404) return null;
    if (!response.ok) throw await refusal(response, this.url);
    await response.body?.cancel();
    return response.headers.get('etag');
  }

  async delete(path: string): Promise<void> {
    await this.send(path, { method: 'DELETE' });
  }

  /** Sends and gives the answer, whatever its status; rejects with NOT_RUNNING where nothing answers. */
  async fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (typeof this.key === 'string') headers.set('authorization', `Bearer ${this.key}`);
    let response: Response;
    try {
      response = await fetch(this.url + path, { ...init, headers });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw notRunning(this.url, error);
    }
    // Said only now: where nothing answers, a missing key is not the news.
    if (response.status === 401 && this.key instanceof CommandError) throw this.key;
    return response;
  }

  /** The events of an SSE stream until it ends or `signal` aborts. */
  async *stream(path: string, query: Query, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
    const headers = { accept: 'text/event-stream' };
    const response = await this.send(withQuery(path, query), { headers, signal });
    if (response.body) yield* serverSentEvents(response.body);
  }

  /** The answer as it comes, in pieces of text. */
  async *text(path: string, query: Query): AsyncGenerator<string> {
    const response = await this.send(withQuery(path, query), {});
    if (response.body) yield* response.body.pipeThrough(new TextDecoderStream());
  }

  private async json<T>(path: string, init: RequestInit): Promise<T> {
    const response = await this.send(path, init);
    const text = await response.text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const said = `What answers at ${this.url} is no Weir (${path} gave no JSON): set WEIR_URL to where Weir runs.`;
      throw new CommandError('ANSWER_UNREADABLE', said, { path }, { cause });
    }
  }

  private async send(path: string, init: RequestInit): Promise<Response> {
    const response = await this.fetch(path, init);
    if (!response.ok) throw await refusal(response, this.url);
    return response;
  }
}

/** WEIR_URL, or this machine at the port that Weir listens on. */
export function addressOf(config: Pick<Config, 'url' | 'httpHost' | 'httpPort'>): string {
  if (config.url) return config.url;
  const host = ['0.0.0.0', '::', '::0'].includes(config.httpHost) ? '127.0.0.1' : config.httpHost;
  return `http://${host.includes(':') ? `[${host}]` : host}:${config.httpPort}`;
}

/** What an answer that is no success means to the person at the command line. */
export async function refusal(response: Response, url: string): Promise<CommandError> {
  const problem = await problemOf(response);
  const facts = { status: response.status, code: problem.code };
  if (response.status === 401) {
    const said = `Weir at ${url} does not know the key: set WEIR_ADMIN_KEY, or WEIR_DATA_DIR to the folder of that Weir.`;
    return new CommandError('KEY_REFUSED', said, facts);
  }
  const said = problem.detail ?? problem.title ?? `Weir at ${url} answered ${response.status}`;
  return new CommandError('REQUEST_REFUSED', /[.!?]$/.test(said) ? said : `${said}.`, facts);
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem;
  } catch {
    return {};
  }
}

function notRunning(url: string, error: unknown): CommandError {
  const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
  const why = cause?.code ?? cause?.message ?? (error as Error).message;
  const said = `Nothing answers at ${url} (${why}): is Weir running? Start it with \`npm start\`, or set WEIR_URL.`;
  return new CommandError('NOT_RUNNING', said, { url, why }, { cause: error });
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}
