import { once } from 'node:events';
import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Body, Controller, Get, Module, Param, Post, Req, Sse } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { NEVER, startWith } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Authenticator } from '#libs/auth';
import { ManualClock } from '#libs/clock';
import { LogError } from '#libs/log';
import { createLogger } from '#libs/telemetry';
import { openTestKeys, type TestKeys } from '../testing/test-keys.js';
import { createHttpApp, Public, RawBody, RequireScope } from './index.js';

let release: ((answer: string) => void) | undefined;

@Controller('things')
class Things {
  @Get('open')
  @Public()
  open() {
    return { open: true };
  }

  @Get('client')
  @Public()
  client(@Req() { ip }: FastifyRequest) {
    return { client: ip };
  }

  @Get('loopback')
  @RequireScope('read', { openOnLoopback: true })
  loopback() {
    return { loopback: true };
  }

  @Get('slow')
  @Public()
  slow() {
    return new Promise((resolve) => (release = resolve));
  }

  @Sse('stream')
  @Public()
  stream() {
    return NEVER.pipe(startWith({ data: 'first' }));
  }

  @Get('fail/:code')
  @Public()
  async fail(@Param('code') code: 'LOG_BUSY' | 'OTHER' | 'DATABASE') {
    if (code === 'DATABASE') return once(connect('/nowhere/secret/.s.PGSQL.5432'), 'connect');
    throw code === 'OTHER' ? new TypeError('secret detail') : new LogError(code, 'It says why.', { fact: 1 });
  }

  @Post('json')
  @RequireScope('triage')
  json(@Body() body: unknown) {
    return { body };
  }

  @Post('raw')
  @RequireScope('ingest')
  @RawBody('text/plain', 'application/x-ndjson')
  raw(@Body() body: Buffer) {
    return { bytes: body.length };
  }
}

@Module({ controllers: [Things] })
class ThingsModule {}

const logger = createLogger('silent');

let keys: Authenticator;
let keyWith: TestKeys['keyWith'];
let testKeys: TestKeys;

beforeAll(async () => {
  testKeys = await openTestKeys();
  ({ authenticator: keys, keyWith } = testKeys);
});
afterAll(() => testKeys.close());

let app: NestFastifyApplication;
let base: string;

beforeEach(async () => {
  app = await createHttpApp(ThingsModule, { keys, logger, bodyBytesMax: 1000 });
  await app.listen(0, '127.0.0.1');
  base = await app.getUrl();
});
afterEach(() => app.close());

const post = (path: string, body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(base + path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain', 'x-api-key': keyWith.admin, ...headers },
  });

async function problem(response: Response, status: number, code: string) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({
    type: 'about:blank',
    status,
    code,
    title: expect.any(String),
    detail: expect.any(String),
  });
  expect(response.status).toBe(status);
  expect(body.requestId).toBe(response.headers.get('x-request-id'));
  expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:|secret/);
  return body;
}

describe('keys and scopes', () => {
  test('an open route asks for none', async () => {
    const response = await fetch(`${base}/things/open`);
    expect(await response.json()).toEqual({ open: true });
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  test('401 without a key and with an unknown one, 403 without the scope', async () => {
    const anonymous = await fetch(`${base}/things/raw`, { method: 'POST' });
    expect(anonymous.headers.get('www-authenticate')).toBe('Bearer realm="weir"');
    await problem(anonymous, 401, 'KEY_MISSING');
    await problem(
      await post('/things/raw', 'x', { 'x-api-key': `${keyWith.read.slice(0, -3)}AAA` }),
      401,
      'KEY_UNKNOWN',
    );
    const { scope } = await problem(
      await post('/things/raw', 'x', { 'x-api-key': keyWith.read }),
      403,
      'SCOPE_MISSING',
    );
    expect(scope).toBe('ingest');
  });

  test('a key is taken as a bearer or from X-Api-Key; admin may do everything', async () => {
    const bearer = await fetch(`${base}/things/raw`, {
      method: 'POST',
      body: 'abc',
      headers: { authorization: `Bearer ${keyWith.ingest}`, 'content-type': 'text/plain' },
    });
    expect(await bearer.json()).toEqual({ bytes: 3 });
    expect((await post('/things/raw', 'x', { 'x-api-key': keyWith.ingest })).status).toBe(201);
    expect((await post('/things/raw', 'x')).status).toBe(201);
  });

  test('a key is not asked for on loopback where the route says so, unless a proxy passes the request on', async () => {
    expect((await fetch(`${base}/things/loopback`)).status).toBe(200);
    await problem(
      await fetch(`${base}/things/loopback`, { headers: { 'x-forwarded-for': '192.0.2.1' } }),
      401,
      'KEY_MISSING',
    );
  });

  test('a route that says nothing of scopes is refused at start', async () => {
    @Controller('forgotten')
    class Forgotten {
      @Get()
      all() {}
    }
    @Module({ controllers: [Forgotten] })
    class ForgottenModule {}
    const forgetful = createHttpApp(ForgottenModule, { keys, logger }).then((made) => made.init());
    await expect(forgetful).rejects.toThrow('GET /forgotten declares none of @RequireScope, @AnyKey and @Public');
  });
});

describe('behind a proxy', () => {
  const askedBy = async (trustedProxies: readonly string[], forwarded: string): Promise<unknown> => {
    const proxied = await createHttpApp(ThingsModule, { keys, logger, trustedProxies });
    try {
      await proxied.listen(0, '127.0.0.1');
      const url = `${await proxied.getUrl()}/things/client`;
      return await (await fetch(url, { headers: { 'x-forwarded-for': forwarded } })).json();
    } finally {
      await proxied.close();
    }
  };

  test.each([
    ['nobody is believed by default', [], '192.0.2.1', '127.0.0.1'],
    ['the proxy is', ['127.0.0.1'], '192.0.2.1', '192.0.2.1'],
    ['a client that invents others before it is not', ['127.0.0.0/8'], '203.0.113.9, 192.0.2.1', '192.0.2.1'],
    ['a chain of proxies is', ['127.0.0.1', '10.0.0.0/8'], '192.0.2.1, 10.1.2.3', '192.0.2.1'],
    ['a proxy that is none of them is not', ['10.0.0.0/8'], '192.0.2.1', '127.0.0.1'],
  ])('%s', async (_, trusted, forwarded, client) => {
    expect(await askedBy(trusted, forwarded)).toEqual({ client });
  });
});

describe('what is not there', () => {
  test('404 and 405', async () => {
    await problem(await fetch(`${base}/nowhere`), 404, 'NOT_FOUND');
    const wrong = await fetch(`${base}/things/raw`);
    expect(wrong.headers.get('allow')).toBe('POST');
    await problem(wrong, 405, 'METHOD_NOT_ALLOWED');
    const malformed = await fetch(`${base}/things/%zz`);
    expect(await malformed.json()).toMatchObject({ status: 400, code: 'URL_MALFORMED' });
  });
});

describe('bodies', () => {
  test('413 by the length it declares, by the length it has, and by what it unpacks to', async () => {
    const { bodyBytesMax } = await problem(await post('/things/raw', 'x'.repeat(1001)), 413, 'BODY_TOO_LARGE');
    expect(bodyBytesMax).toBe(1000);
    const chunked = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 3; i++) controller.enqueue(Buffer.alloc(500, 'x'));
        controller.close();
      },
    });
    const streamed = await fetch(`${base}/things/raw`, {
      method: 'POST',
      body: chunked,
      duplex: 'half',
      headers: { 'content-type': 'text/plain', 'x-api-key': keyWith.ingest },
    } as RequestInit);
    await problem(streamed, 413, 'BODY_TOO_LARGE');
    const bomb = gzipSync(Buffer.alloc(500_000));
    expect(bomb.length).toBeLessThan(1000);
    await problem(await post('/things/raw', bomb, { 'content-encoding': 'gzip' }), 413, 'BODY_TOO_LARGE');
  });

  test('gzip is undone; what is not gzip is refused', async () => {
    const zipped = await post('/things/raw', gzipSync('twelve bytes'), { 'content-encoding': 'gzip' });
    expect(await zipped.json()).toEqual({ bytes: 12 });
    await problem(await post('/things/raw', 'plain', { 'content-encoding': 'gzip' }), 400, 'GZIP_MALFORMED');
    await problem(await post('/things/raw', 'plain', { 'content-encoding': 'br' }), 415, 'ENCODING_UNSUPPORTED');
  });

  test('415 names what is taken', async () => {
    const form = await post('/things/raw', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(form.headers.get('accept-post')).toBe('text/plain, application/x-ndjson');
    await problem(form, 415, 'MEDIA_TYPE_UNSUPPORTED');
    const latin = await post('/things/raw', 'x', { 'content-type': 'text/plain; charset=iso-8859-1' });
    await problem(latin, 415, 'CHARSET_UNSUPPORTED');
    await problem(await post('/things/json', '{}'), 415, 'MEDIA_TYPE_UNSUPPORTED');
  });

  test('JSON is parsed, and 400 where it is none', async () => {
    const json = { 'content-type': 'application/json; charset=utf-8' };
    expect(await (await post('/things/json', '{"a":[1]}', json)).json()).toEqual({ body: { a: [1] } });
    await problem(await post('/things/json', '{"a":', json), 400, 'JSON_MALFORMED');
    await problem(await post('/things/json', '{"__proto__":{}}', json), 400, 'JSON_MALFORMED');
  });
});

describe('quotas', () => {
  const quotaOf = ({ headers }: Response) => [headers.get('ratelimit-policy'), headers.get('ratelimit')];

  test('each key has its own, ingest apart; over it 429, until the minute is over', async () => {
    const clock = new ManualClock(1_000_000);
    const limited = await createHttpApp(ThingsModule, { keys, logger, quotas: { api: 2, ingest: null }, clock });
    await limited.listen(0, '127.0.0.1');
    const url = await limited.getUrl();
    const ask = (path: string, key: string, method = 'POST') =>
      fetch(url + path, { method, headers: { 'x-api-key': key } });
    const first = await ask('/things/json', keyWith.triage);
    expect(quotaOf(first)).toEqual(['"api";q=2;w=60', '"api";r=1;t=60']);
    clock.advance(10_500);
    expect(quotaOf(await ask('/things/json', keyWith.triage))[1]).toBe('"api";r=0;t=50');
    const over = await ask('/things/json', keyWith.triage);
    expect(quotaOf(over)[1]).toBe('"api";r=0;t=50');
    expect(over.headers.get('retry-after')).toBe('50');
    await problem(over, 429, 'QUOTA_EXCEEDED');
    expect((await ask('/things/json', keyWith.admin)).status).toBe(201);
    for (let i = 0; i < 4; i++) expect(quotaOf(await ask('/things/raw', keyWith.ingest))).toEqual([null, null]);
    expect(quotaOf(await ask('/things/open', keyWith.triage, 'GET'))).toEqual([null, null]);
    clock.advance(49_500);
    expect((await ask('/things/json', keyWith.triage)).status).toBe(201);
    await limited.close();
  });
});

describe('errors of libraries', () => {
  test.each([
    ['LOG_BUSY', 429, '1', { detail: 'It says why.', fact: 1 }],
    ['LOG_UNAVAILABLE', 503, '5', { detail: 'It says why.' }],
    ['DATABASE', 503, '5', { code: 'DATABASE_UNREACHABLE' }],
  ])('%s', async (code, status, retryAfter, members) => {
    const response = await fetch(`${base}/things/fail/${code}`);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    const expected = code === 'DATABASE' ? 'DATABASE_UNREACHABLE' : code;
    const body = await problem(response, status, expected);
    expect(body).toMatchObject(members);
    expect('fact' in body).toBe(status === 429);
  });

  test('what is unknown says nothing of itself', async () => {
    await problem(await fetch(`${base}/things/fail/OTHER`), 500, 'INTERNAL');
  });
});

describe('what is no request', () => {
  test.each([
    ['nonsense\r\n\r\n', 'HTTP/1.1 400', 'REQUEST_MALFORMED'],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 'HTTP/1.1 431', 'HEADERS_TOO_LARGE'],
  ])('is answered by a problem, too (%#)', async (sent, head, code) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.write(sent);
    const answer = String(Buffer.concat(await socket.toArray()));
    expect(answer.startsWith(head)).toBe(true);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain(code);
  });
});

describe('closing', () => {
  test('a request that never ends is cut off', async () => {
    const patient = await createHttpApp(ThingsModule, { keys, logger, drainMs: 50 });
    await patient.listen(0, '127.0.0.1');
    const socket = connect(Number(new URL(await patient.getUrl()).port), '127.0.0.1');
    socket.write(`POST /things/raw HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${keyWith.ingest}\r\n`);
    socket.write('Content-Type: text/plain\r\nContent-Length: 10\r\n\r\nhalf');
    await once(socket, 'connect');
    await fetch(`${await patient.getUrl()}/things/open`);
    socket.on('error', () => {});
    await patient.close();
    expect(socket.destroyed || (await once(socket, 'close'))).toBeTruthy();
  });

  test('requests in flight are answered, new ones are not let in, streams end', async () => {
    const stream = await fetch(`${base}/things/stream`);
    const slow = rawRequest(`${base}/things/slow`, { agent: false, headers: { connection: 'keep-alive' } }).end();
    const early = connect(Number(new URL(base).port), '127.0.0.1');
    await once(early, 'connect');
    early.write('GET /things/open HTTP/1.1\r\nHost: x\r\n');
    await expect.poll(() => release).toBeDefined();
    const closed = app.close();
    expect(await stream.text()).toContain('data: first');
    const [late] = await Promise.all([once(early, 'data'), early.write('\r\n')]);
    expect(String(late)).toContain('503 Service Unavailable');
    expect(String(late)).toContain('SHUTTING_DOWN');
    const answered = once(slow, 'response');
    release?.('done');
    const [response] = await answered;
    expect(response.headers.connection).toBe('close');
    expect(String(Buffer.concat(await response.toArray()))).toBe('done');
    await closed;
  });
});
