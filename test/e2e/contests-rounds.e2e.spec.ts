import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';

interface Judged {
  entry: string;
  stays: boolean;
  why: string;
  score: number;
  low: number | null;
  high: number | null;
  limit: number;
  against: string | null;
  alpha: number | null;
  votes: number;
  changes: number;
}
interface Step {
  step: number;
  round: number;
  action: string;
  at: string;
  takenAt: string;
  by: string | null;
  undoneAt: string | null;
  entries: Judged[];
}
interface Rounds {
  round: number;
  state: string;
  frozenAt: string | null;
  nextDeadline: string | null;
  entries: Judged[];
  items: Step[];
  next: string | null;
}
interface Board {
  asOf: string | null;
  votes: { raw: number; discounted: number };
  entries: { entry: string; score: number; votes: { raw: number } }[];
}
interface Pair {
  pair: { entry: string; votes: number; exposures: number }[];
  gain: number;
  exposure: { source: string; id: string; time: string };
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
  const { status, code } = (await (await response).json()) as { status: number; code: string };
  return [status, code];
};
const settled = () => cli.json('lag', '--wait');
const take = async (contest: string, body: object, headers: Record<string, string> = {}): Promise<Step> => {
  const response = await send('POST', `/contests/${contest}/rounds`, body, headers);
  expect(response.status).toBe(201);
  return (await response.json()) as Step;
};
const rounds = (contest: string) => get<Rounds>(`/contests/${contest}/rounds`);
const board = (contest: string, query = '') => get<Board>(`/contests/${contest}/leaderboard${query}`);
const shown = ({ entries }: Board) => entries.map(({ entry }) => entry).sort();
const staying = (entries: readonly Judged[]) => entries.filter(({ stays }) => stays).map(({ entry }) => entry);

/** Ten minutes ago: late for nobody. */
const begun = Date.now() - 600_000;
const iso = (ms: number) => new Date(ms).toISOString();

async function open(id: string, mode: string, entries: readonly string[], narrowing: object | null): Promise<void> {
  expect((await send('POST', '/contests', { id, title: `The ${id}`, mode, narrowing })).status).toBe(201);
  await sendEvents(
    'contest.entry',
    entries.map((entry) => ({ at: begun - 1_000, data: { contest: id, entry } })),
  );
}

let sent = 0;
async function sendEvents(type: string, events: readonly { at: number; data: object }[]): Promise<void> {
  const batch = events.map(({ at, data }) => ({
    specversion: '1.0',
    id: String(sent++),
    source: '/rounds',
    type,
    time: iso(at),
    data,
  }));
  const answer = await send('POST', '/events', batch, { 'content-type': 'application/cloudevents-batch+json' });
  expect(await answer.json()).toMatchObject({ accepted: events.length });
}

/** Votes for each entry, so many yes and no, of voters of their own, from this moment on. */
function votesFor(contest: string, at: number, counts: Record<string, [number, number]>) {
  return Object.entries(counts).flatMap(([entry, [up, down]]) =>
    Array.from({ length: up + down }, (_, i) => {
      return { at: at + i, data: { contest, voter: `${entry}-${at}-${i}`, entry, value: i < up ? 1 : -1 } };
    }),
  );
}

beforeAll(async () => {
  weir = await cli.start();
  key = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
});
afterAll(() => cli.close());

test('halving: advance, freeze and undo, each with its numbers; what left is kept and does not count', async () => {
  await open('songs', 'approval', ['a', 'b', 'c', 'd', 'e'], { method: 'halving' });
  await sendEvents('vote', votesFor('songs', begun, { a: [9, 1], b: [8, 2], c: [7, 3], d: [7, 3], e: [1, 9] }));
  await settled();
  const before = await rounds('songs');
  expect(before).toMatchObject({ round: 1, state: 'open', frozenAt: null, items: [], next: null });
  // c and d are tied at the cut: both stay.
  expect(before.entries.map(({ entry, why, score, votes }) => [entry, why, score, votes])).toEqual([
    ['a', 'better-half', 0.9, 10],
    ['b', 'better-half', 0.8, 10],
    ['c', 'tied', 0.7, 10],
    ['d', 'tied', 0.7, 10],
    ['e', 'lesser-half', 0.1, 10],
  ]);
  const boardBefore = await board('songs');

  const first = await take('songs', { action: 'advance', round: 1 }, { 'idempotency-key': 'once' });
  expect(first).toMatchObject({ step: 1, round: 1, action: 'advance', by: expect.any(String), undoneAt: null });
  expect(first.entries).toEqual(before.entries);
  // Sent again it does nothing more.
  expect(await take('songs', { action: 'advance', round: 1 }, { 'idempotency-key': 'once' })).toEqual(first);
  expect(await problem(send('POST', '/contests/songs/rounds', { action: 'advance', round: 1 }))).toEqual([
    409,
    'ROUND_CHANGED',
  ]);
  expect(shown(await board('songs'))).toEqual(['a', 'b', 'c', 'd']);
  // The moment of the round has its board as it was.
  expect(shown(await board('songs', `?asOf=${first.at}`))).toEqual(['a', 'b', 'c', 'd', 'e']);
  const counted = await board('songs');
  await sendEvents('vote', votesFor('songs', Date.now(), { e: [100, 0] }));
  await settled();
  expect(await board('songs')).toEqual(counted);
  expect((await rounds('songs')).entries.map(({ entry }) => entry)).toEqual(['a', 'b', 'c', 'd']);

  // Frozen, later votes wait for the next round.
  const freeze = await take('songs', { action: 'freeze' });
  expect(await problem(send('POST', '/contests/songs/rounds', { action: 'freeze' }))).toEqual([409, 'ROUND_FROZEN']);
  await sendEvents('vote', votesFor('songs', Date.now() + 5, { d: [50, 0] }));
  await settled();
  expect(await rounds('songs')).toMatchObject({ round: 2, state: 'frozen', frozenAt: freeze.at });
  expect(await board('songs')).toEqual({ ...counted, asOf: freeze.at });
  const second = await take('songs', { action: 'advance' });
  expect(second).toMatchObject({ round: 2, at: freeze.at });
  expect(staying(second.entries)).toEqual(['a', 'b']);

  // Undone, everything is as before: frozen, with the same numbers; then open, with what came since.
  const undone = await take('songs', { action: 'undo' });
  expect(undone).toMatchObject({ step: second.step, undoneAt: expect.any(String), entries: second.entries });
  expect(await board('songs')).toEqual({ ...counted, asOf: freeze.at });
  await take('songs', { action: 'undo' });
  const reopened = await rounds('songs');
  expect(reopened).toMatchObject({ round: 2, state: 'open', frozenAt: null });
  expect(reopened.entries[0]).toMatchObject({ entry: 'd', score: 57 / 60 });
  await take('songs', { action: 'undo' });
  expect(shown(await board('songs'))).toEqual(shown(boardBefore));
  const e = (await board('songs')).entries.find(({ entry }) => entry === 'e');
  expect(e).toMatchObject({ score: 101 / 110, votes: { raw: 110 } });
  expect(await problem(send('POST', '/contests/songs/rounds', { action: 'undo' }))).toEqual([409, 'ROUND_FIRST']);

  // All of it is history, and in the audit log.
  const { items } = await rounds('songs');
  expect(items.map(({ step, action, undoneAt }) => [step, action, undoneAt !== null])).toEqual([
    [3, 'advance', true],
    [2, 'freeze', true],
    [1, 'advance', true],
  ]);
  const page = await get<Rounds>('/contests/songs/rounds?limit=2');
  const rest = await get<Rounds>(`/contests/songs/rounds?limit=2&cursor=${page.next}`);
  expect([...page.items, ...rest.items]).toEqual(items);
  const audit = await get<{ items: { action: string; subject: string; facts: object }[] }>('/audit-log?limit=200');
  const noted = audit.items.filter(({ subject, action }) => subject === 'contest:songs' && action.includes('round'));
  expect(noted.map(({ action }) => action).reverse()).toEqual([
    'contest.round-ended',
    'contest.round-frozen',
    'contest.round-ended',
    'contest.round-undone',
    'contest.round-undone',
    'contest.round-undone',
  ]);
  expect(noted.at(-1)!.facts).toMatchObject({ round: 1, stay: 4, leave: 1 });
});

test('a deadline ends a round by itself, as of its moment: late votes are among its votes, later ones are not', async () => {
  const deadlines = [iso(begun + 10_000), iso(begun + 20_000), iso(Date.now() + 86_400_000)];
  await open('films', 'approval', ['a', 'b', 'c', 'd'], { method: 'halving', deadlines });
  await sendEvents('vote', votesFor('films', begun + 10_001, { d: [30, 0] }));
  await sendEvents('vote', votesFor('films', begun, { a: [9, 1], b: [8, 2], c: [7, 3], d: [1, 9] }));
  await settled();
  const passed = await rounds('films');
  expect(passed).toMatchObject({ round: 3, nextDeadline: deadlines[2] });
  expect(passed.items.map(({ round, action, at, by }) => [round, action, at, by])).toEqual([
    [2, 'deadline', deadlines[1], null],
    [1, 'deadline', deadlines[0], null],
  ]);
  expect(passed.items.map(({ entries }) => staying(entries))).toEqual([['a'], ['a', 'b']]);
  expect(passed.state).toBe('decided');
  expect(shown(await board('films'))).toEqual(['a']);
  expect(shown(await board('films', `?asOf=${deadlines[1]}`))).toEqual(['a', 'b']);

  // Votes from before the first deadline arrive: c was better than b all along.
  await sendEvents('vote', votesFor('films', begun + 500, { c: [40, 0] }));
  await settled();
  const late = await rounds('films');
  expect(late.items.map(({ entries }) => staying(entries))).toEqual([['c'], ['c', 'a']]);

  // What somebody does rests on what was so: from now on it is kept. The deadline does not come back.
  const undone = await take('films', { action: 'undo' });
  expect(undone).toMatchObject({ round: 2, action: 'deadline', undoneAt: expect.any(String) });
  await sendEvents('vote', votesFor('films', begun + 600, { b: [300, 0] }));
  await settled();
  const kept = await rounds('films');
  expect(kept).toMatchObject({ round: 2, state: 'open', nextDeadline: deadlines[2] });
  expect(shown(await board('films'))).toEqual(['a', 'c']);
  expect(kept.items.map(({ entries }) => entries)).toEqual(late.items.map(({ entries }) => entries));

  // Another plan leaves what has passed as it is; another method would not.
  const patched = await send('PATCH', '/contests/films', { narrowing: { method: 'halving' } });
  expect(await patched.json()).toMatchObject({ narrowing: { method: 'halving', confidence: 0.95, deadlines: [] } });
  expect(await rounds('films')).toMatchObject({ round: 2, nextDeadline: null });
  for (const narrowing of [null, { method: 'elimination' }, { method: 'halving', confidence: 0.9 }])
    expect(await problem(send('PATCH', '/contests/films', { narrowing }))).toEqual([409, 'NARROWING_BEGUN']);
});

test('a deadline takes effect when it passes: who follows the board sees it', async () => {
  await open('soon', 'approval', ['a', 'b'], { method: 'halving', deadlines: [iso(Date.now() + 3_000)] });
  await sendEvents('vote', votesFor('soon', begun, { a: [9, 1], b: [1, 9] }));
  await settled();
  const stream = await ask('/contests/soon/stream');
  let seen = '';
  for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    const [last] = seen.split('\n\n').slice(-2);
    if (last.includes('"entry":"a"') && !last.includes('"entry":"b"')) break;
  }
  expect(await rounds('soon')).toMatchObject({ round: 2, state: 'decided', items: [{ action: 'deadline', by: null }] });
});

test('elimination: who leaves is surely worse, by numbers that are shown; votes that a rule doubts don’t count there, either', async () => {
  await open('photos', 'approval', ['best', 'good', 'bad', 'bought'], { method: 'elimination', confidence: 0.95 });
  await sendEvents(
    'vote',
    votesFor('photos', begun, { best: [90, 10], good: [80, 20], bad: [30, 70], bought: [10, 20] }),
  );
  await sendEvents(
    'vote',
    Array.from({ length: 80 }, (_, i) => {
      const data = { contest: 'photos', voter: `r${i}`, entry: 'bought', ip: `192.0.2.${66 + (i % 2)}` };
      return { at: begun + i * 500, data };
    }),
  );
  await settled();
  expect(await board('photos')).toMatchObject({ votes: { raw: 410, discounted: 80 } });
  const { entries } = await take('photos', { action: 'advance' });
  const of = (name: string) => entries.find(({ entry }) => entry === name)!;
  expect(staying(entries)).toEqual(['best', 'good']);
  // Four entries, 0.05 / 4 each; of it a half, since no vote was changed.
  expect(of('best')).toMatchObject({ score: 0.9, votes: 100, changes: 0, against: null });
  expect(of('best').alpha).toBeCloseTo(0.05 / 4 / 2, 12);
  expect(of('bad')).toMatchObject({ why: 'surely-worse', against: 'best', limit: of('best').low, score: 0.3 });
  expect(of('bad').high!).toBeLessThan(of('bad').limit);
  expect(of('good').high!).toBeGreaterThan(of('good').limit);
  expect(of('bought')).toMatchObject({ votes: 30, changes: 0, why: 'surely-worse' });
  // Nobody else is surely worse by now: another step changes nothing.
  const again = await take('photos', { action: 'advance' });
  expect(staying(again.entries)).toEqual(['best', 'good']);

  // Who comes later is too late, who was withdrawn may come back.
  await sendEvents('contest.entry', [{ at: Date.now(), data: { contest: 'photos', entry: 'new' } }]);
  expect((await ask('/contests/photos/entries/good', { method: 'DELETE' })).status).toBe(204);
  await settled();
  expect(shown(await board('photos'))).toEqual(['best']);
  expect(await problem(send('POST', '/contests/photos/rounds', { action: 'advance' }))).toEqual([409, 'ROUND_LAST']);
  await send('PUT', '/contests/photos/entries/good', {});
  await settled();
  expect(shown(await board('photos'))).toEqual(['best', 'good']);
});

test('of many who end the same round one does; of many sendings of one request, too', async () => {
  await open('race', 'approval', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], { method: 'halving' });
  const counts = [...'abcdefgh'].map((entry, i): [string, [number, number]] => [entry, [10 - i, i]]);
  await sendEvents('vote', votesFor('race', begun, Object.fromEntries(counts)));
  await settled();
  const body = { action: 'advance', round: 1 };
  const apart = await Promise.all(Array.from({ length: 25 }, () => send('POST', '/contests/race/rounds', body)));
  expect(apart.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(24).fill(409)]);
  const same = () => take('race', { action: 'advance' }, { 'idempotency-key': 'second' });
  const answers = await Promise.all([same(), same(), same()]);
  expect(answers).toEqual([answers[0], answers[0], answers[0]]);
  expect(await rounds('race')).toMatchObject({ round: 3, items: [{ step: 2 }, { step: 1 }] });
  expect(shown(await board('race'))).toEqual(['a', 'b']);
});

test('pairs: each voter one of those that tell most, recorded; not again what was judged, nor what left', async () => {
  await open('faces', 'pairwise', ['a', 'b', 'c', 'd'], { method: 'halving' });
  await settled();
  const pairOf = (voter: string) => get<Pair>(`/contests/faces/pair?voter=${voter}`);
  const names = ({ pair }: Pair) => pair.map(({ entry }) => entry);
  const first = await pairOf('ann');
  expect(first.gain).toBeGreaterThan(0);
  await settled();
  // Asked again, before the vote: the same, and recorded once.
  const again = await pairOf('ann');
  expect([names(again), again.exposure]).toEqual([names(first), first.exposure]);
  // Counts are those of a second ago.
  await expect.poll(async () => (await pairOf('ann')).pair.map(({ exposures }) => exposures)).toEqual([1, 1]);

  // All six, each once; then there is none.
  const seen = new Set<string>();
  for (let i = 0; i < 6; i++) {
    const [winner, loser] = names(await pairOf('ann')).sort();
    seen.add(`${winner}${loser}`);
    await send('PUT', '/contests/faces/votes/ann', { winner, loser });
    await settled();
  }
  expect([...seen].sort()).toEqual(['ab', 'ac', 'ad', 'bc', 'bd', 'cd']);
  expect(await problem(ask('/contests/faces/pair?voter=ann'))).toEqual([404, 'PAIR_NONE']);

  // What is known of pairs is up to a second old: until then it is not known that all were shown alike.
  await delay(1_100);
  // Voters who come at once are spread.
  const voters = Array.from({ length: 40 }, (_, i) => `v${i}`);
  const given = await Promise.all(voters.map(pairOf));
  await settled();
  const times = new Map<string, number>();
  for (const entry of given.flatMap(names)) times.set(entry, (times.get(entry) ?? 0) + 1);
  expect([...times.keys()].sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(Math.min(...times.values())).toBeGreaterThan(8);
  const records = await get<{ partitions: { next: number; earliest: number }[] }>('/topics/exposure');
  expect(records.partitions.reduce((sum, { next, earliest }) => sum + next - earliest, 0)).toBe(46);

  // A voter's second duel takes the place of the first, as everywhere.
  expect((await board('faces')).votes.raw).toBe(1);
  for (const [i, [winner, loser]] of ['ab', 'ac', 'bd', 'bc'].entries())
    await send('PUT', `/contests/faces/votes/w${i}`, { winner, loser });
  const { entries } = await take('faces', { action: 'advance' });
  expect(staying(entries)).toEqual(['a', 'b']);
  expect(names(await pairOf('late')).sort()).toEqual(['a', 'b']);
  expect(names(await pairOf('v0')).sort()).toEqual(['a', 'b']);
});

test('each refusal says what to do', async () => {
  const bad = (narrowing: object, mode = 'approval') =>
    problem(send('POST', '/contests', { id: 'bad', title: 'x', mode, narrowing }));
  expect(await bad({ method: 'elimination' }, 'trending')).toEqual([422, 'BODY_INVALID']);
  expect(await bad({ method: 'halving', deadlines: [iso(begun), iso(begun)] })).toEqual([422, 'BODY_INVALID']);
  expect(await bad({ method: 'halving', deadlines: ['soon'] })).toEqual([422, 'BODY_INVALID']);
  await open('plain', 'approval', ['a'], null);
  expect(await rounds('plain')).toMatchObject({ round: 1, state: 'open', entries: [], items: [] });
  expect(await problem(send('POST', '/contests/plain/rounds', { action: 'advance' }))).toEqual([409, 'NARROWING_NONE']);
  expect(await problem(send('POST', '/contests/none/rounds', { action: 'advance' }))).toEqual([404, 'CONTEST_UNKNOWN']);
  expect(await problem(ask('/contests/plain/pair?voter=ann'))).toEqual([409, 'CONTEST_NOT_PAIRWISE']);
  expect(await problem(ask('/contests/plain/pair'))).toEqual([400, 'PARAMETER_INVALID']);
});

test('a restart changes nothing', async () => {
  const all = ['songs', 'films', 'photos', 'race', 'faces'];
  const state = async () => [await Promise.all(all.map(rounds)), await Promise.all(all.map((id) => board(id)))];
  const before = await state();
  await weir.end();
  weir = await cli.start();
  expect(await state()).toEqual(before);
});
