import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Authenticator } from '#libs/auth';
import { createLogger } from '#libs/telemetry';
import { openTestKeys, type TestKeys } from '../testing/test-keys.js';
import { createHttpApp, RequireScope } from './index.js';

@Controller('things')
class Things {
  @Get()
  @RequireScope('read')
  things() {
    return [];
  }
}

@Module({ controllers: [Things] })
class ThingsModule {}

const desk = 'https://desk.example';
let testKeys: TestKeys;
let keys: Authenticator;
const apps: NestFastifyApplication[] = [];
let closed: string;
let open: string;

async function start(options: { publicUrl?: string; corsOrigins?: string[] }): Promise<string> {
  const app = await createHttpApp(ThingsModule, { keys, logger: createLogger('silent'), ...options });
  apps.push(app);
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

beforeAll(async () => {
  testKeys = await openTestKeys();
  keys = testKeys.authenticator;
  closed = await start({});
  open = await start({ publicUrl: 'https://weir.example', corsOrigins: [desk] });
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await testKeys.close();
});

const preflight = (base: string, origin: string, path = '/things') =>
  fetch(base + path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } });
const ask = (base: string, origin: string) =>
  fetch(`${base}/things`, { headers: { origin, 'x-api-key': testKeys.keyWith.read } });
const corsOf = ({ headers }: Response) => [...headers].filter(([name]) => name.startsWith('access-control-'));

test('by default no other page is told anything', async () => {
  const answers = [await preflight(closed, desk), await ask(closed, desk)];
  expect(answers.map(({ status }) => status)).toEqual([405, 200]);
  expect(answers.flatMap(corsOf)).toEqual([]);
});

test('pages of the named origins may ask with a key, and never with cookies', async () => {
  const asked = await preflight(open, desk);
  expect([asked.status, asked.headers.get('access-control-allow-origin'), asked.headers.get('vary')]).toEqual([
    204,
    desk,
    'Origin',
  ]);
  expect(asked.headers.get('access-control-allow-headers')).toContain('x-api-key');
  expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  const answered = await ask(open, desk);
  expect([answered.status, answered.headers.get('access-control-allow-origin')]).toEqual([200, desk]);
  const others = [await preflight(open, 'https://elsewhere.example'), await ask(open, 'null')];
  expect(others.flatMap(corsOf)).toEqual([]);
  expect(others.map(({ headers }) => headers.get('vary'))).toEqual(['Origin', 'Origin']);
});

test('every answer has the headers that browsers heed; HSTS where people come by https', async () => {
  for (const [base, hsts] of [
    [closed, null],
    [open, 'max-age=63072000'],
  ] as const) {
    for (const path of ['/things', '/nothing']) {
      const { headers } = await fetch(base + path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      expect(headers.get('strict-transport-security')).toBe(hsts);
    }
  }
});
