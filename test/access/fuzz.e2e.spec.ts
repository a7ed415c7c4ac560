import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Operation, requestOf, type Sent } from './requests.js';
import { adminKey, openTestWeir, type TestWeir } from './weir.js';

const casesPerRoute = 40;
/** Longer than this, and the answer does not come. */
const answerMsMax = 20_000;
/** Time that the cases of one route may take, the search for a smaller one included. */
const routeMsMax = 30_000;

let weir: TestWeir;
let operations: [method: string, url: string, operation: Operation][];

beforeAll(async () => {
  weir = await openTestWeir();
  const { paths } = (await (await fetch(`${weir.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  operations = Object.entries(paths).flatMap(([url, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Operation] => [
      method.toUpperCase(),
      url,
      operation,
    ]),
  );
  const lines = Array.from({ length: 40 }, (_, i) => {
    return `192.0.2.7 - - [15/Jan/2026:10:00:${String(i).padStart(2, '0')} +0000] "GET /${i}.bak HTTP/1.1" 404 12 "-" "x"\n`;
  });
  const headers = { 'content-type': 'text/plain' };
  await weir.ask('/api/v1/ingest/nginx', { method: 'POST', headers, body: lines.join('') });
  await weir.ask('/api/v1/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'one', scopes: ['read'] }),
  });
  const alerts = async () => expect(await idsOf('/api/v1/alerts')).not.toEqual([]);
  await vi.waitFor(alerts, { timeout: 60_000, interval: 200 });
});
afterAll(() => weir.close());

/** The status of an answer and the beginning of its body; a stream's does not end, and is cut. */
function send(method: string, { path, headers, body }: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const url = new URL(weir.url);
    // A connection each: what one request did to its connection is no matter of the next.
    const options = {
      agent: false as const,
      method,
      path,
      host: url.hostname,
      port: url.port,
      headers: { 'x-api-key': adminKey, ...headers },
    };
    const sent = request(options, (response) => {
      const status = response.statusCode!;
      let text = '';
      const done = () => {
        resolve({ status, text });
        sent.destroy();
      };
      if (response.headers['content-type']?.startsWith('text/event-stream')) return done();
      response.setEncoding('utf8').on('data', (piece: string) => void (text += text.length < 1_000 ? piece : ''));
      response.on('end', done).on('error', reject);
    });
    sent.setTimeout(answerMsMax, () => sent.destroy(new TypeError(`No answer within ${answerMsMax} ms`)));
    // Refused before all of the body was read: the answer came, or this is said by the timeout.
    sent.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? undefined : reject(error)));
    sent.end(body ?? undefined);
  });
}

/** What the list that a path begins with calls its things. */
async function idsOf(list: string): Promise<string[]> {
  const response = await weir.ask(list);
  if (!response.headers.get('content-type')?.startsWith('application/json')) return [];
  const { items } = (await response.json()) as { items?: unknown };
  const things = Array.isArray(items) ? (items as object[]) : [];
  return things
    .slice(0, 5)
    .flatMap(Object.values)
    .filter((value) => typeof value === 'string');
}

/** What people decided, all of it, and how long the audit log is. */
async function decided(): Promise<{ all: string; noted: number }> {
  const tables = weir.database.entityMetadatas.filter(({ schema, tableName }) => {
    // Answers to requests that may come again, and how far bouncers have read, are no decisions.
    return schema === 'decided' && !['audit_log', 'answered_request', 'bouncer'].includes(tableName);
  });
  const sums: string[] = [];
  for (const { tablePath } of tables) {
    const [{ sum }] = await weir.database.query<{ sum: string | null }[]>(
      `SELECT md5(string_agg(t::text, '' ORDER BY t::text)) AS sum FROM ${tablePath} AS t`,
    );
    sums.push(`${tablePath} ${sum}`);
  }
  const [{ noted }] = await weir.database.query<{ noted: number }[]>(
    'SELECT count(*)::integer AS noted FROM decided.audit_log',
  );
  return { all: sums.join(), noted };
}

/** What nobody is to see: a defect, or an answer that says that something of ours broke. */
const isDefect = ({ status, text }: { status: number; text: string }) =>
  status >= 500 && !(status === 503 && text.includes('STREAMS_TOO_MANY'));

test('no request makes a route fail or hang, and none changes what people decided without a note of it', {
  timeout: 600_000,
}, async () => {
  const failures: string[] = [];
  const unnoted: string[] = [];
  const succeeded = new Set<string>();
  for (const [method, url, operation] of operations) {
    const list = url.split('/{', 1)[0];
    const ids = url.includes('{') && operations.some(([m, u]) => m === 'GET' && u === list) ? await idsOf(list) : [];
    const before = await decided();
    const property = fc.asyncProperty(requestOf(url, operation, ids), async (sent) => {
      const answer = await send(method, sent);
      if (answer.status < 300) succeeded.add(`${method} ${url}`);
      expect(isDefect(answer), `${answer.status} ${answer.text}`).toBe(false);
    });
    const found = await fc.check(property, { numRuns: casesPerRoute, interruptAfterTimeLimit: routeMsMax });
    if (found.failed) {
      const example = JSON.stringify(found.counterexample)?.slice(0, 1_000);
      failures.push(
        `${method} ${url} (seed ${found.seed}): ${example}\n  ${String(found.errorInstance).slice(0, 600)}`,
      );
    }
    const after = await decided();
    if (after.all !== before.all && after.noted === before.noted) unnoted.push(`${method} ${url}`);
  }
  expect(failures).toEqual([]);
  expect(unnoted).toEqual([]);
  // Or nothing would have come past the checks of parameters.
  expect(succeeded.size).toBeGreaterThan(operations.length * 0.4);
  expect((await weir.ask('/health/ready')).status).toBe(200);
});
