import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';

interface Votes {
  raw: number;
  discounted: number;
  why: Record<string, number>;
}
interface Board {
  method: string;
  votes: Votes;
  entries: {
    rank: number;
    entry: string;
    score: number;
    votes: Votes;
    undiscounted: { rank: number; score: number };
  }[];
}

const cli = new Cli();
let weir: Running;
let key: string;

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${weir.url}/api/v1${path}`, { ...init, headers: { 'x-api-key': key, ...init.headers } });
const get = async <T>(path: string): Promise<T> => (await (await ask(path)).json()) as T;
const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
const problem = async (response: Promise<Response>) => {
  const { status, code, detail } = (await (await response).json()) as { status: number; code: string; detail: string };
  return [status, code, detail];
};
const settled = () => cli.json('lag', '--wait');
const scores = ({ entries }: Board) => entries.map(({ entry, rank, score }) => [entry, rank, Number(score.toFixed(3))]);
/** Numbers from 0 to 1, the same for the same seed. */
const seeded = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};
/** Ten minutes ago: late for nobody, and over when the ring begins. */
const begun = Date.now() - 600_000;

async function open(id: string, mode: string, entries: readonly string[]): Promise<void> {
  expect((await send('POST', '/contests', { id, title: `The ${id}`, mode })).status).toBe(201);
  for (const entry of entries)
    expect((await send('PUT', `/contests/${id}/entries/${entry}`, { title: `=${entry}` })).status).toBe(200);
}

async function sendVotes(votes: readonly { at: number; data: Record<string, unknown> }[]): Promise<void> {
  const batch = votes.map(({ at, data }, i) => ({
    specversion: '1.0',
    id: `${data.contest}-${data.voter}-${i}`,
    source: '/spec',
    type: 'vote',
    time: new Date(at).toISOString(),
    data,
  }));
  const sent = await send('POST', '/events', batch, { 'content-type': 'application/cloudevents-batch+json' });
  expect(await sent.json()).toMatchObject({ accepted: votes.length });
}

beforeAll(async () => {
  weir = await cli.start();
  key = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
});
afterAll(() => cli.close());

test('one vote of each voter: the last; taken back it is gone, and the past stays as it was', async () => {
  await open('songs', 'approval', ['a', 'b']);
  const vote = (voter: string, body: object) => send('PUT', `/contests/songs/votes/${voter}`, body);
  for (const voter of ['v1', 'v2', 'v3']) expect((await vote(voter, { entry: 'a' })).status).toBe(200);
  await vote('v3', { entry: 'b', value: -1 });
  const { time } = (await (await vote('v1', { entry: 'b' })).json()) as { time: string };
  await settled();
  const before = await get<Board>('/contests/songs/leaderboard');
  expect(scores(before)).toEqual([
    ['a', 1, 1],
    ['b', 1, 0.5],
  ]);
  await new Promise((done) => setTimeout(done, 5));
  // The second time there is nothing to take back, once the first is counted.
  expect((await ask('/contests/songs/votes/v2', { method: 'DELETE' })).status).toBe(204);
  await settled();
  expect(await problem(ask('/contests/songs/votes/v2', { method: 'DELETE' }))).toEqual([
    404,
    'VOTE_UNKNOWN',
    expect.any(String),
  ]);
  const after = await get<Board>('/contests/songs/leaderboard?method=bayesian');
  expect(after).toMatchObject({ method: 'bayesian', votes: { raw: 2, discounted: 0 } });
  const past = await get<Board>(`/contests/songs/leaderboard?asOf=${time}`);
  expect({ ...past, asOf: null }).toEqual(before);
  const table = await ask(`/contests/songs/leaderboard?asOf=${time}&format=csv`);
  expect(table.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect((await table.text()).split('\r\n').slice(0, 2)).toEqual([
    'rank,entry,title,score,low,high,votes,discounted',
    expect.stringMatching(/^1,a,'=a,1,0\.20\d+,1,1,0$/),
  ]);
  expect((await ask('/contests/songs/entries/b', { method: 'DELETE' })).status).toBe(204);
  await settled();
  expect((await get<Board>('/contests/songs/leaderboard')).entries.map(({ entry }) => entry)).toEqual(['a']);
});

test('votes of a ring don’t count, and the board says so; marked as a false positive, they do again', async () => {
  await open('photos', 'approval', ['honest', 'bought']);
  const stream = await ask('/contests/photos/stream');
  const honest = Array.from({ length: 40 }, (_, i) => {
    const data = { contest: 'photos', voter: `h${i}`, entry: i % 4 === 0 ? 'bought' : 'honest', ip: `10.0.${i}.1` };
    return { at: begun + i * 1_000, data: { ...data, value: i % 4 === 0 && i % 8 === 0 ? -1 : 1 } };
  });
  const ring = Array.from({ length: 15 }, (_, i) => {
    return { at: begun + i * 500, data: { contest: 'photos', voter: `r${i}`, entry: 'bought', ip: '192.0.2.66' } };
  });
  await sendVotes([...honest, ...ring]);
  await settled();
  const counted = async () => {
    const { votes, entries } = await get<Board>('/contests/photos/leaderboard');
    const bought = entries.find(({ entry }) => entry === 'bought')!;
    return { votes, score: bought.score, undiscounted: bought.undiscounted.score };
  };
  const fair = await counted();
  const why = { 'vote-ring': 15, 'vote-ring-slow': 15, 'vote-ring-network': 15 };
  expect(fair.votes).toEqual({ raw: 55, discounted: 15, why });
  expect(fair.score).toBe(0.5);
  expect(fair.undiscounted).toBe(0.8);
  const first = await get<{ items: { voter: string; alerts: { id: string }[] }[]; next: string }>(
    '/contests/photos/audit?limit=10',
  );
  const rest = await get<typeof first>(`/contests/photos/audit?limit=10&cursor=${first.next}`);
  const listed = [...first.items, ...rest.items];
  expect(listed.map(({ voter }) => voter).sort()).toEqual(ring.map(({ data }) => data.voter).sort());
  expect(rest.next).toBe(null);

  const against = new Set(listed.flatMap(({ alerts }) => alerts.map(({ id }) => id)));
  expect(against.size).toBe(3);
  for (const id of against) {
    expect((await counted()).votes.discounted).toBe(15);
    const etag = (await ask(`/alerts/${id}`)).headers.get('etag')!;
    const marked = await send('PATCH', `/alerts/${id}`, { verdict: 'false-positive' }, { 'if-match': etag });
    expect(marked.status).toBe(200);
  }
  expect(await counted()).toEqual({ votes: { raw: 55, discounted: 0, why: {} }, score: 0.8, undiscounted: 0.8 });
  expect(await get('/contests/photos/audit')).toEqual({ items: [], next: null });

  // The stream began with no votes and comes to this.
  let seen = '';
  const wanted = '"votes":{"raw":55,"discounted":0,"why":{}},"entries"';
  for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (seen.includes(wanted)) break;
  }
  expect(seen).toContain('event: board');
  expect(seen).toContain('"votes":{"raw":0');
});

test('twenty thousand honest voters, and rings of 30 to 750 accounts: the honest winner wins', async () => {
  const names = Array.from({ length: 50 }, (_, i) => `e${i}`);
  await open('big', 'approval', names);
  const random = seeded(7);
  const day = 6 * 3_600_000;
  // The lower its number, the better an entry is liked; one voter in ten sits behind one of a thousand shared addresses.
  const honest = Array.from({ length: 20_000 }, (_, i) => {
    const entry = Math.floor(random() * 50);
    const value = random() < 0.9 - entry / 100 ? 1 : -1;
    const ip = i % 10 === 0 ? `198.${(i / 10) % 250}.${i % 4}.1` : `10.${i >> 8}.${i & 255}.1`;
    return {
      at: begun - day + Math.floor(random() * day),
      data: { contest: 'big', voter: `h${i}`, entry: `e${entry}`, value, ip },
    };
  });
  const rings = [30, 100, 750].flatMap((accounts, ring) =>
    Array.from({ length: accounts }, (_, i) => {
      const data = {
        contest: 'big',
        voter: `r${ring}-${i}`,
        entry: `e${20 + ring}`,
        value: 1,
        ip: `192.0.2.${ring * 20 + (i % 10)}`,
      };
      return { at: begun - day / 2 + i * 400, data };
    }),
  );
  const all = [...honest, ...rings].sort((a, b) => a.at - b.at);
  for (let from = 0; from < all.length; from += 1_000) await sendVotes(all.slice(from, from + 1_000));
  await settled();
  const board = await get<Board>('/contests/big/leaderboard');
  expect(board.votes.raw).toBe(all.length);
  const entryOf = (name: string) => board.entries.find(({ entry }) => entry === name)!;
  expect(board.entries[0].entry).toBe('e0');
  // The smallest has three accounts at each of ten addresses; but these are in one network.
  expect(['e20', 'e21', 'e22'].map((name) => entryOf(name).votes.discounted)).toEqual([30, 100, 750]);
  // Nobody honest.
  expect(board.votes.discounted).toBe(880);
  expect(entryOf('e22').undiscounted.rank).toBe(1);
  expect(entryOf('e22').rank).toBeGreaterThan(10);
});

test('pairs and ballots, each with its methods', async () => {
  await open('pairs', 'pairwise', ['a', 'b', 'c']);
  await open('ballots', 'ballot', ['a', 'b', 'c']);
  const duels = ['ab', 'ab', 'ab', 'ba', 'bc', 'bc', 'ac'];
  for (const [i, [winner, loser]] of duels.entries())
    expect((await send('PUT', `/contests/pairs/votes/v${i}`, { winner, loser })).status).toBe(200);
  for (const [i, ranking] of ['abc', 'acb', 'bca'].entries())
    expect((await send('PUT', `/contests/ballots/votes/v${i}`, { ranking: [...ranking] })).status).toBe(200);
  await settled();
  const best = async (path: string) => {
    const { entries } = await get<Board>(path);
    return entries.toSorted((a, b) => b.score - a.score).map(({ entry }) => entry);
  };
  for (const method of ['bradley-terry', 'openskill'])
    expect(await best(`/contests/pairs/leaderboard?method=${method}`)).toEqual(['a', 'b', 'c']);
  for (const method of ['borda', 'schulze'])
    expect(await best(`/contests/ballots/leaderboard?method=${method}`)).toEqual(['a', 'b', 'c']);
});

test('what trends is what is voted for now', async () => {
  const trending = { id: 'trend', title: 'Trend', mode: 'trending', halfLifeSeconds: 60 };
  expect((await send('POST', '/contests', trending)).status).toBe(201);
  for (const entry of ['old', 'new']) await send('PUT', `/contests/trend/entries/${entry}`, {});
  const cast = (at: number, voter: string, entry: string) => ({ at, data: { contest: 'trend', voter, entry } });
  await sendVotes([
    cast(Date.UTC(2020, 0, 1), 'v0', 'old'),
    ...Array.from({ length: 8 }, (_, i) => cast(begun, `v${i + 1}`, 'old')),
    ...Array.from({ length: 4 }, (_, i) => cast(begun + 540_000, `w${i}`, 'new')),
  ]);
  await settled();
  const asOf = new Date(begun + 600_000).toISOString();
  const board = await get<Board>(`/contests/trend/leaderboard?asOf=${asOf}`);
  expect(scores(board)).toEqual([]);
  const now = await get<Board>('/contests/trend/leaderboard');
  expect(now.entries.map(({ entry }) => entry)).toEqual(['new', 'old']);
  const [first, second] = now.entries;
  // Nine half-lives lie between: 4 votes against 8 that weigh 2^-9 of theirs.
  expect(first.score / second.score).toBeCloseTo((4 / 8) * 2 ** 9, 6);
});

test('what trends across contests; one of them can’t fill the list, nor do rings', async () => {
  for (const id of ['busy', 'calm']) {
    await open(id, 'approval', []);
    for (let i = 0; i < 6; i++) await send('PUT', `/contests/${id}/entries/${id}${i}`, { actor: `${id}${i}` });
  }
  await open('shut', 'approval', ['s']);
  const now = Date.now();
  const cast = (id: string, entry: string, n: number, at = now) =>
    Array.from({ length: n }, (_, i) => ({ at, data: { contest: id, voter: `${entry}-${i}`, entry } }));
  await sendVotes([
    ...Array.from({ length: 6 }, (_, i) => cast('busy', `busy${i}`, 30 - i)).flat(),
    ...cast('calm', 'calm0', 8),
    ...cast('calm', 'calm1', 9, now - 2 * 3_600_000),
    ...cast('shut', 's', 40),
    ...Array.from({ length: 15 }, (_, i) => {
      return { at: now - 60_000 + i, data: { contest: 'calm', voter: `t${i}`, entry: 'calm2', ip: '192.0.2.99' } };
    }),
  ]);
  await send('PATCH', '/contests/shut', { state: 'closed' });
  await settled();
  interface Trending {
    items: { rank: number; contest: { id: string }; entry: string; score: number }[];
    heldBack: unknown[];
  }
  const trending = () => get<Trending>('/trending?window=1h&type=approval&limit=10');
  const ours = ({ items }: Trending) =>
    items.filter(({ contest }) => ['busy', 'calm', 'shut'].includes(contest.id)).map(({ entry }) => entry);
  await expect.poll(async () => ours(await trending())).toEqual(['busy0', 'busy1', 'calm0', 'calm1']);
  const list = await trending();
  const score = (entry: string) => list.items.find((one) => one.entry === entry)!.score;
  // Two half-lives lie between: nine votes are like two and a quarter.
  expect(score('calm1') / score('calm0')).toBeCloseTo(9 / 4 / 8, 6);
  expect(list.heldBack).toContainEqual({ because: 'contest', of: 'busy', entries: 4 });
  expect(await problem(ask('/trending?window=2h'))).toEqual([400, 'PARAMETER_INVALID', expect.any(String)]);
});

test('a contest that is set up twice with one Idempotency-Key is set up once, and answered twice', async () => {
  const asked = { id: 'once', title: 'Once', mode: 'approval' };
  const first = await send('POST', '/contests', asked, { 'idempotency-key': 'k1' });
  const second = await send('POST', '/contests', asked, { 'idempotency-key': 'k1' });
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
  expect(await second.json()).toEqual(await first.json());
  expect(await problem(send('POST', '/contests', { ...asked, id: 'other' }, { 'idempotency-key': 'k1' }))).toEqual([
    422,
    'IDEMPOTENCY_KEY_REUSED',
    expect.any(String),
  ]);
  expect(await problem(send('POST', '/contests', asked))).toEqual([409, 'CONTEST_EXISTS', expect.any(String)]);
});

test('contests are set up, changed and closed by people; each refusal says what to do', async () => {
  expect(await problem(send('POST', '/contests', { id: 'songs', title: 'x', mode: 'ballot' }))).toEqual([
    409,
    'CONTEST_EXISTS',
    'There is a contest songs: choose another id, or PATCH it.',
  ]);
  expect(await problem(ask('/contests/none'))).toEqual([404, 'CONTEST_UNKNOWN', expect.any(String)]);
  expect(await problem(send('PUT', '/contests/songs/votes/v', { ranking: ['a'] }))).toEqual([
    422,
    'BODY_INVALID',
    'entry is missing: contest songs is voted in by approval.',
  ]);
  expect(await problem(send('PUT', '/contests/songs/votes/v', { entry: 'a', ip: 'here' }))).toEqual([
    422,
    'BODY_INVALID',
    'ip must be an IPv4 or IPv6 address, such as 192.0.2.7.',
  ]);
  expect(await problem(ask('/contests/songs/leaderboard?method=borda'))).toEqual([
    400,
    'PARAMETER_INVALID',
    expect.any(String),
  ]);
  const etag = (await ask('/contests/songs')).headers.get('etag')!;
  const closed = await send('PATCH', '/contests/songs', { state: 'closed' }, { 'if-match': etag });
  expect(await closed.json()).toMatchObject({ id: 'songs', state: 'closed', title: 'The songs' });
  expect(await problem(send('PATCH', '/contests/songs', { title: 'y' }, { 'if-match': etag }))).toEqual([
    412,
    'CONTEST_CHANGED',
    'Contest songs was changed since: read it again.',
  ]);
  expect(await problem(send('PUT', '/contests/songs/votes/v', { entry: 'a' }))).toEqual([
    409,
    'CONTEST_CLOSED',
    expect.any(String),
  ]);
  const counted = await get<Board>('/contests/songs/leaderboard');
  await sendVotes([{ at: Date.now() + 1_000, data: { contest: 'songs', voter: 'late', entry: 'a' } }]);
  await settled();
  expect(await get<Board>('/contests/songs/leaderboard')).toEqual(counted);
  const page = await get<{ items: { id: string }[]; next: string }>('/contests?limit=3');
  expect(page.items.map(({ id }) => id)).toEqual(['ballots', 'big', 'busy']);
  const next = await get<typeof page>(`/contests?limit=3&cursor=${page.next}`);
  expect([next.items.map(({ id }) => id), next.next]).toEqual([['calm', 'once', 'pairs'], expect.any(String)]);
});
