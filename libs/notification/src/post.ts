import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { placeOf } from './addresses.js';
import { NotificationError } from './errors.js';
import type { HttpRequest } from './kinds/kind.js';

export interface Answer {
  status: number;
  retryAfter: string | undefined;
  /** How the body begins. */
  excerpt: string;
}

const excerptBytesMax = 300;

/**
 * Sends one request, to the address that was checked and no other; redirects are not followed. Resolves with whatever was
 * answered. All of it takes `timeoutMs` at most. Rejects with TARGET_*.
 */
export async function post(request: HttpRequest, networks: readonly string[], timeoutMs: number): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const url = new URL(request.url);
  try {
    const { address, family } = await within(placeOf(url.hostname, networks), signal);
    return await send(request, url, { address, family, signal });
  } catch (error) {
    if (error instanceof NotificationError) throw error;
    if (signal.aborted) {
      const said = `${url.host} did not answer within ${timeoutMs / 1_000} s.`;
      throw new NotificationError('TARGET_TOO_SLOW', said, { timeoutMs }, { cause: error });
    }
    const { code, message } = error as NodeJS.ErrnoException;
    const said = `${url.host} can't be reached (${code ?? message}).`;
    throw new NotificationError('TARGET_UNREACHABLE', said, { code }, { cause: error });
  }
}

function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    promise.then(resolve, reject);
  });
}

function send(
  { body, headers }: HttpRequest,
  url: URL,
  { address, family, signal }: { address: string; family: 4 | 6; signal: AbortSignal },
): Promise<Answer> {
  const bytes = Buffer.from(body);
  const start = url.protocol === 'https:' ? overHttps : overHttp;
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return new Promise((resolve, reject) => {
    const sending = start(
      {
        method: 'POST',
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port || undefined,
        path: url.pathname + url.search,
        headers: {
          'content-type': 'application/json',
          'content-length': bytes.length,
          'user-agent': 'weir',
          ...(url.username && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
          ...headers,
        },
        // A connection of its own: what was checked is what is connected to.
        agent: false,
        lookup: (_, options, found) =>
          options.all ? found(null, [{ address, family }]) : found(null, address, family),
        signal,
      },
      (answer) => {
        let excerpt = '';
        const done = () => {
          resolve({ status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'], excerpt });
          sending.destroy();
        };
        answer.setEncoding('utf8');
        answer.on('data', (piece: string) => {
          excerpt = (excerpt + piece).slice(0, excerptBytesMax);
          if (excerpt.length === excerptBytesMax) done();
        });
        answer.on('end', done);
        answer.on('error', reject);
      },
    );
    sending.on('error', reject);
    sending.end(bytes);
  });
}
