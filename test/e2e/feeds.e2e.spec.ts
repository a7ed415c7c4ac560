import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';

interface Item {
  id: string;
  at: string;
  sharers: { user: string; id: string; via: string | null; demotedBy: { rule: string }[] }[];
  others: number;
  score: number | null;
  seen: boolean;
}
interface Page {
  items: Item[];
  next: string | null;
  since: string;
}

const cli = new Cli();
let weir: Running;
let key: string;
/** Ten minutes ago. */
const begun = Date.now() - 600_000;

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${weir.url}/api/v1${path}`, { ...init, headers: { 'x-api-key': key, ...init.headers } });
const get = async <T>(path: string): Promise<T> => (await (await ask(path)).json()) as T;
const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
const settled = () => cli.json('lag', '--wait');
let sent = 0;

async function tell(type: string, all: readonly { at: number; data: Record<string, unknown>; id?: string }[]) {
  const batch = all.map(({ at, data, id }) => ({
    specversion: '1.0',
    id: id ?? `${type}-${sent++}`,
    source: '/spec',
    type,
    time: new Date(at).toISOString(),
    data,
  }));
  const answer = await send('POST', '/events', batch, { 'content-type': 'application/cloudevents-batch+json' });
  expect(await answer.json()).toMatchObject({ accepted: all.length });
}

const share = (actor: string, object: string, seconds: number, rest: object = {}) => ({
  at: begun + seconds * 1_000,
  id: `${actor}-${object}`,
  data: { actor, object: { id: object, title: `About ${object}` }, ...rest },
});
const relation = (actor: string, kind: string, target: string, state = 'on') => ({
  at: Date.now(),
  data: { actor, kind, target, state },
});
const shown = ({ items }: Page) => items.map(({ id, sharers }) => [id, ...sharers.map(({ user }) => user)].join(' '));

beforeAll(async () => {
  weir = await cli.start();
  key = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
});
afterAll(() => cli.close());

const problem = async (response: Promise<Response>) => {
  const { status, code, detail } = (await (await response).json()) as { status: number; code: string; detail: string };
  return [status, code, detail];
};
const put = async (path: string) => expect((await ask(path, { method: 'PUT' })).status).toBe(200);
const remove = async (path: string) => expect((await ask(path, { method: 'DELETE' })).status).toBe(204);
const say = async (user: string, body: object) =>
  expect((await send('POST', `/feed/${user}/feedback`, body)).status).toBe(201);
const latest = async (user: string) => {
  await settled();
  return shown(await get<Page>(`/feed/${user}?mode=latest`));
};

test('what friends shared, each object once, newest first; what is hidden comes back', async () => {
  await tell('share', [share('bob', 'a', 1), share('carl', 'b', 2), share('dora', 'c', 3)]);
  await put('/users/ann/relations/follow/bob');
  await put('/users/ann/relations/follow/carl');
  await tell('share', [share('carl', 'a', 4, { via: 'bob-a' }), share('bob', 'd', 5, { audience: 'mutual' })]);
  expect(await latest('ann')).toEqual(['a carl bob', 'b carl']);
  expect((await get<Page>('/feed/ann?mode=latest')).items[0].sharers[0]).toMatchObject({ id: 'carl-a', via: 'bob' });

  // On the author of what carl passed on, too.
  await put('/users/ann/relations/mute/bob');
  expect(await latest('ann')).toEqual(['b carl']);
  await remove('/users/ann/relations/mute/bob');
  await put('/users/bob/relations/block/ann');
  expect(await latest('ann')).toEqual(['b carl']);
  await remove('/users/bob/relations/block/ann');
  await put('/users/bob/relations/follow/ann');
  expect(await latest('ann')).toEqual(['d bob', 'a carl bob', 'b carl']);
  await put('/users/ann/relations/follow/dora');
  expect(await latest('ann')).toEqual(['d bob', 'a carl bob', 'c dora', 'b carl']);
  await tell('retract', [{ at: Date.now(), data: { actor: 'bob', ref: { source: '/spec', id: 'bob-a' } } }]);
  expect(await latest('ann')).toEqual(['d bob', 'c dora', 'b carl']);
  await say('ann', { item: 'c', kind: 'hide' });
  expect(await latest('ann')).toEqual(['d bob', 'b carl']);
  await say('ann', { item: 'c', kind: 'show' });
  expect(await latest('ann')).toEqual(['d bob', 'c dora', 'b carl']);
  expect(await (await send('POST', '/feed/ann/rebuild', {})).json()).toEqual({ items: 5 });
  expect(await latest('ann')).toEqual(['d bob', 'c dora', 'b carl']);
  expect(await latest('nobody')).toEqual([]);
});

test('pages follow one another, whatever comes meanwhile; since tells what is new', async () => {
  await put('/users/eve/relations/follow/fred');
  await tell(
    'share',
    Array.from({ length: 30 }, (_, i) => share('fred', `p${i}`, i)),
  );
  await settled();
  const ids: string[] = [];
  let since = '';
  for (let cursor: string | null = '', n = 0; cursor !== null; n++) {
    const page: Page = await get(`/feed/eve?mode=latest&limit=12${cursor && `&cursor=${cursor}`}`);
    ids.push(...page.items.map(({ id }) => id));
    if (n === 0) since = page.since;
    // An older item is passed on again, and something comes that is older than what was shown.
    await tell('share', [share('fred', `late${n}`, 0.5), { ...share('fred', 'p3', 40), id: `again-${n}` }]);
    await settled();
    cursor = page.next;
  }
  expect(ids).toEqual(Array.from({ length: 30 }, (_, i) => `p${29 - i}`));
  const news = await get<Page>(`/feed/eve?mode=latest&since=${since}`);
  expect(new Set(news.items.map(({ id }) => id))).toEqual(new Set(['p3', 'late0', 'late1', 'late2']));
  expect((await get<Page>(`/feed/eve?mode=latest&since=${news.since}`)).items).toEqual([]);
});

test('ranked by what the user made of earlier items; why says each factor, and their product is the score', async () => {
  for (const target of ['gus', 'hal']) await put(`/users/ida/relations/follow/${target}`);
  const items = Array.from({ length: 6 }, (_, i) => [share('gus', `g${i}`, i), share('hal', `h${i}`, i)]);
  await tell('share', items.flat());
  await settled();
  const ranked = async () => (await get<Page>('/feed/ida')).items;
  const before = await ranked();
  // Alike in all else, their sharers alternate.
  expect(
    before
      .slice(0, 4)
      .map(({ sharers }) => sharers[0].user)
      .sort(),
  ).toEqual(['gus', 'gus', 'hal', 'hal']);
  for (const item of ['h0', 'h1']) await say('ida', { item, kind: 'open', sharer: 'hal' });
  await say('ida', { item: 'h2', kind: 'more', sharer: 'hal' });
  await say('ida', { item: 'g5', kind: 'less', sharer: 'gus' });
  await say('ida', { item: 'h5', kind: 'seen' });
  await settled();
  const after = await ranked();
  expect(after.slice(0, 3).map(({ sharers }) => sharers[0].user)).toEqual(['hal', 'hal', 'hal']);
  expect(after.at(-1)!.sharers[0].user).toBe('gus');
  for (const { id, score } of after) {
    const why = await get<{ score: number; factors: { name: string; value: number }[] }>(`/feed/ida/items/${id}/why`);
    expect(why.factors.map(({ name }) => name)).toEqual([
      'affinity',
      'hiddenBefore',
      'demotion',
      'recency',
      'feedback',
      'diversity',
    ]);
    expect(why.factors.reduce((product, { value }) => product * value, 1)).toBeCloseTo(why.score, 10);
    // Asked a moment later, it is that much older.
    expect(why.score / score!).toBeCloseTo(1, 2);
  }
  await put('/users/ida/relations/mute/gus');
  await settled();
  expect(await get('/feed/ida/items/g0/why')).toMatchObject({
    shown: false,
    score: null,
    shares: [{ user: 'gus', hidden: { why: 'muted', user: 'gus' } }],
  });
  expect(await problem(ask('/feed/ida/items/none/why'))).toEqual([
    404,
    'ITEM_UNKNOWN',
    'Nobody whom ida follows shared "none".',
  ]);
});

test('who floods feeds is put last while the alert is open, with the reason', async () => {
  for (const target of ['bot', 'jon']) await put(`/users/kim/relations/follow/${target}`);
  await tell('share', [share('jon', 'quiet', 0)]);
  await tell(
    'share',
    Array.from({ length: 40 }, (_, i) => ({ ...share('bot', `flood${i}`, 0), at: Date.now() - 40_000 + i * 500 })),
  );
  await settled();
  const first = async () => (await get<Page>('/feed/kim?limit=1')).items[0];
  await expect.poll(async () => (await first()).id).toBe('quiet');
  const [flood] = (await get<Page>('/feed/kim?mode=latest')).items;
  expect(flood.sharers[0].demotedBy).toEqual([{ rule: 'share-burst', alert: expect.any(String) }]);
  const why = await get<{ factors: { name: string; value: number; because: string }[] }>(
    `/feed/kim/items/${flood.id}/why`,
  );
  expect(why.factors.find(({ name }) => name === 'demotion')).toEqual({
    name: 'demotion',
    value: 0.1,
    because: expect.stringMatching(/^open alerts against bot: share-burst \(/),
  });
  const [{ alert }] = flood.sharers[0].demotedBy as unknown as { alert: string }[];
  const etag = (await ask(`/alerts/${alert}`)).headers.get('etag')!;
  const marked = await send('PATCH', `/alerts/${alert}`, { verdict: 'false-positive' }, { 'if-match': etag });
  expect(marked.status).toBe(200);
  expect((await first()).id).toMatch(/^flood/);
});

test('what is new comes as it happens, and who was away gets what was missed', async () => {
  await put('/users/lea/relations/follow/max');
  await settled();
  const read = async (lastEventId: string | null, wanted: string) => {
    const response = await ask('/feed/lea/stream', { headers: lastEventId ? { 'last-event-id': lastEventId } : {} });
    let seen = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      if (seen === '' && wanted === 'm1') await tell('share', [share('max', 'm1', 1)]);
      seen += chunk;
      if (seen.includes(`"id":"${wanted}"`)) break;
    }
    return seen;
  };
  const first = await read(null, 'm1');
  expect(first).toContain('event: item');
  const [, id] = /^id: (.*)$/m.exec(first)!;
  await tell('share', [share('max', 'm2', 2)]);
  await settled();
  expect(await read(id, 'm2')).toContain('"id":"m1"');
  expect(await problem(ask('/feed/lea/stream', { headers: { 'last-event-id': 'x' } }))).toEqual([
    400,
    'PARAMETER_INVALID',
    'Last-Event-ID is not a Last-Event-ID of this route; pass `since` as it was answered.',
  ]);
});

test('a flash crowd, a thousand shares in a minute, is no attack and no outage', async () => {
  const alerts = async () => (await get<{ items: { rule: { name: string } }[] }>('/alerts?limit=200')).items;
  const before = await alerts();
  // Fourteen thousand follow the star; each of the crowd is followed by fourteen of them.
  const fans = Array.from({ length: 14_000 }, (_, i) => `fan${i}`);
  const crowd = Array.from({ length: 1_000 }, (_, i) => `crowd${i}`);
  const follows = fans.flatMap((fan, i) => [
    relation(fan, 'follow', 'star'),
    relation(fan, 'follow', crowd[i % crowd.length]),
  ]);
  for (let from = 0; from < follows.length; from += 1_000) await tell('relation', follows.slice(from, from + 1_000));
  await settled();
  await tell('share', [share('star', 'goal', 0)]);
  for (let from = 0; from < crowd.length; from += 100) {
    const some = crowd
      .slice(from, from + 100)
      .map((actor, i) => share(actor, 'goal', (from + i) * 0.06, { via: 'star-goal' }));
    await tell('share', some);
    const page = await get<Page>(`/feed/fan${from}`);
    expect(page.items.length).toBeLessThanOrEqual(1);
  }
  await settled();
  for (const i of [0, 999, 1_000, 13_999]) {
    const { items } = await get<Page>(`/feed/fan${i}`);
    expect(items.map(({ id, others, sharers }) => [id, others, sharers.map(({ user }) => user).sort()])).toEqual([
      ['goal', 0, [crowd[i % 1_000], 'star']],
    ]);
  }
  expect(await alerts()).toEqual(before);
});

test('each refusal says what to do', async () => {
  expect(await problem(ask('/feed/ann?cursor=x'))).toEqual([
    400,
    'PARAMETER_INVALID',
    'cursor is not a cursor of this route; pass `next` as it was answered.',
  ]);
  expect(await problem(ask('/users/ann/relations/like/bob', { method: 'PUT' }))).toEqual([
    400,
    'PARAMETER_INVALID',
    'kind must be one of follow, mute, block.',
  ]);
  expect(await problem(send('POST', '/feed/ann/feedback', { item: 'a', kind: 'less' }))).toEqual([
    422,
    'BODY_INVALID',
    'sharer is missing: less is about somebody.',
  ]);
  const once = () =>
    send('POST', '/feed/ann/feedback', { item: 'a', kind: 'seen' }, { 'idempotency-key': 'k1' }).then((answer) =>
      answer.json(),
    );
  expect(await once()).toEqual(await once());
});
