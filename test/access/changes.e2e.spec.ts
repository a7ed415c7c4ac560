import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Change, changes, type Known, onceAsEvent, unnoted } from './changing.js';
import { openTestWeir } from './weir.js';

let known: Known;

beforeAll(async () => {
  const weir = await openTestWeir({
    env: { WEIR_NOTIFY_NETWORKS: '127.0.0.0/8' },
    // A group that nobody reads for.
    log: async (log) => {
      await log.createTopic('login', { partitions: 2 });
      await log.resetGroup('idle', [{ topic: 'login', partition: 0, offset: 0 }]);
    },
  });
  known = { weir, alert: '', answers: new Map() };
  const lines = Array.from({ length: 40 }, (_, i) => {
    return `192.0.2.7 - - [15/Jan/2026:10:00:${String(i).padStart(2, '0')} +0000] "GET /${i}.bak HTTP/1.1" 404 12 "-" "x"\n`;
  });
  const headers = { 'content-type': 'text/plain' };
  await weir.ask('/api/v1/ingest/nginx', { method: 'POST', headers, body: lines.join('') });
  const raised = async () => {
    const { items } = (await (await weir.ask('/api/v1/alerts')).json()) as { items: { id: string }[] };
    expect(items).toHaveLength(1);
    known.alert = items[0].id;
  };
  await vi.waitFor(raised, { timeout: 60_000, interval: 200 });
});
afterAll(() => known.weir.close());

interface Answer {
  status: number;
  etag: string | null;
  json: Record<string, unknown> | null;
}

async function send(change: Change, key: string, more: object = {}): Promise<Answer> {
  const [method, url] = change.route.split(' ');
  const values = change.path?.(known) ?? {};
  const path = url.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const body = { ...change.body?.(known), ...more };
  const answer = await known.weir.ask(`${path}${change.query ?? ''}`, {
    method,
    headers: {
      ...change.headers,
      ...(method === 'POST' && { 'idempotency-key': key }),
      ...(Object.keys(body).length > 0 && { 'content-type': 'application/json' }),
    },
    ...(Object.keys(body).length > 0 && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    etag: answer.headers.get('etag'),
    json: text === '' ? null : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** Entries of the audit log since the one with that id. */
const notedSince = (id: string) =>
  known.weir.database.query<{ id: string; actor: string; action: string; subject: string }[]>(
    'SELECT id, actor, action, subject FROM decided.audit_log WHERE id > $1 ORDER BY id',
    [id],
  );
const lastNoted = async () => (await notedSince('0')).at(-1)?.id ?? '0';

test('every route that may change something is asked here, or says why nothing is noted of it', () => {
  const changing = known.weir.routes.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method));
  const listed = [...changes.map(({ route }) => route), ...Object.keys(unnoted)];
  expect(listed.toSorted()).toEqual(changing.map(({ method, url }) => `${method} ${url}`).toSorted());
});

test('every POST that changes something says that it takes an Idempotency-Key, and no other does', async () => {
  const { paths } = (await (await known.weir.ask('/openapi.json')).json()) as {
    paths: Record<string, { post?: { parameters?: { name: string }[]; responses: Record<string, unknown> } }>;
  };
  const taking = Object.entries(paths)
    .filter(([, { post }]) => post?.parameters?.some(({ name }) => name === 'Idempotency-Key'))
    .map(([url]) => `POST ${url.replaceAll(/\{(\w+)\}/g, ':$1')}`);
  const posted = changes.map(({ route }) => route).filter((route) => route.startsWith('POST '));
  expect(taking.toSorted()).toEqual([...posted, ...onceAsEvent].toSorted());
});

for (const change of changes) {
  const { route, action, subject, secret, before } = change;
  test(`${route}: who did it is noted${route.startsWith('POST') ? ', and sent again it does nothing more' : ''}`, async () => {
    await before?.(known);
    const last = await lastNoted();
    const key = `key-of-${route.replaceAll(/\W+/g, '-')}`;
    const first = await send(change, key);
    expect(first.status, JSON.stringify(first.json)).toBeLessThan(300);
    known.answers.set(route, first.json ?? {});
    const one = { id: expect.any(String), actor: 'environment', action };
    const noted = [{ ...one, subject: typeof subject === 'string' ? subject : expect.stringMatching(subject) }];
    expect(await notedSince(last)).toEqual(noted);
    if (!route.startsWith('POST ')) return;
    const again = await send(change, key);
    if (secret === undefined) expect(again).toEqual(first);
    else {
      expect(again.json).toMatchObject({ status: 409, code: 'SECRET_TOLD' });
      const kept = 'SELECT answer::text AS answer FROM decided.answered_request WHERE key = $1';
      const told = first.json![secret] as string;
      for (const found of [JSON.stringify(again), (await known.weir.database.query(kept, [key]))[0].answer]) {
        expect(found).not.toContain(told);
        expect(found).not.toContain(told.split('_').at(-1));
      }
    }
    const other = await send(change, key, { other: true });
    expect(other.json).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await notedSince(last)).toEqual(noted);
  });
}

const ban = (key: string) => send(changes.find(({ route }) => route === 'POST /api/v1/decisions')!, key);

test('of many at the same time one is done, and all get its answer', async () => {
  const last = await lastNoted();
  const [first, ...others] = await Promise.all(Array.from({ length: 6 }, () => ban('at-once')));
  expect(first.status).toBe(201);
  for (const other of others) expect(other).toEqual(first);
  expect(await notedSince(last)).toHaveLength(1);
});

test('what was refused may be sent again with its key; what was done and not answered says so', async () => {
  const wrong = { route: 'POST /api/v1/decisions', body: () => ({ value: 'x' }), action: '', subject: '' };
  expect((await send(wrong, 'refused')).status).toBe(422);
  expect((await ban('refused')).status).toBe(201);
  await ban('crashed');
  // As a crash between what was done and the answer leaves it.
  await known.weir.database.query(`UPDATE decided.answered_request SET answer = 'null' WHERE key = 'crashed'`);
  const last = await lastNoted();
  expect((await ban('crashed')).json).toMatchObject({ status: 409, code: 'REQUEST_DONE' });
  expect(await notedSince(last)).toEqual([]);
  expect((await ban('two words')).json).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEY_INVALID' });
});

test('a retry that comes when the silence is over is answered as the first was', async () => {
  const endsAt = new Date(Date.now() + 1_500).toISOString();
  const body = () => ({ match: { group: { ip: ['192.0.2.9'] } }, endsAt, reason: 'short' });
  const silence = { route: 'POST /api/v1/silences', body, action: '', subject: '' };
  const first = await send(silence, 'short');
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(Date.parse(endsAt)), 10_000);
  expect(await send(silence, 'short')).toEqual(first);
});
