import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Calls, type CrossingError, PortError, Transferred } from './index.js';

class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: string,
    message: string,
    readonly facts: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }
}

const noted: string[] = [];
const gate = { open: Promise.withResolvers<void>() };
const methods = {
  echo: (...words: string[]) => words,
  note: (word: string) => void noted.push(word),
  slowly: async (word: string) => {
    noted.push(`${word} begins`);
    await gate.open.promise;
    return word;
  },
  refuse: async (code: string) => Promise.reject(new Refusal(code, 'No', { wanted: 7 })),
  fail: () => {
    throw new RangeError('A defect');
  },
  buffer: async (bytes: number) => {
    const buffer = new ArrayBuffer(bytes);
    return new Transferred({ buffer }, [buffer]);
  },
  nothing: (): Transferred<string> | null => null,
};
let closed = 0;
let ours: Calls<typeof methods, Record<never, never>>;
let theirs: Calls<Record<never, never>, typeof methods>;

beforeEach(() => {
  const { port1, port2 } = new MessageChannel();
  const revive = ({ name, code = '', message, facts }: CrossingError) =>
    name === 'Refusal' ? new Refusal(code, message, facts) : undefined;
  ours = new Calls(port1, {}, { revive, closed: () => closed++ });
  theirs = new Calls(port2, methods);
  noted.length = 0;
  closed = 0;
  gate.open = Promise.withResolvers();
});
afterEach(async () => {
  gate.open.resolve();
  await Promise.all([ours.close(), theirs.close()]);
});

it('answers with what the method gives, at once or later', async () => {
  expect(await ours.call('echo', ['a', 'b'])).toEqual(['a', 'b']);
  expect(await ours.call('nothing', [])).toBeNull();
  gate.open.resolve();
  expect(await ours.call('slowly', ['a'])).toBe('a');
});

it('begins calls in the order in which they were made; one that waits holds up no other', async () => {
  const slow = ours.call('slowly', ['first']);
  ours.tell('note', ['second']);
  await ours.call('note', ['third']);
  expect(noted).toEqual(['first begins', 'second', 'third']);
  gate.open.resolve();
  expect(await slow).toBe('first');
});

it('hands buffers over, both ways', async () => {
  const { buffer } = await ours.call('buffer', [1000]);
  expect(buffer.byteLength).toBe(1000);
  await ours.call('echo', [buffer as never], [buffer]);
  expect(buffer.detached).toBe(true);
});

it('rejects with the error of the method, its code and its facts', async () => {
  const refusal = await ours.call('refuse', ['NOT_SO']).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({ code: 'NOT_SO', message: 'No', facts: { wanted: 7 } });
  const defect = await ours.call('fail', []).catch((error: unknown) => error);
  expect(defect).toBeInstanceOf(PortError);
  expect(defect).toMatchObject({ message: 'A defect', stack: expect.stringContaining('calls.spec') });
});

it('finishes what is under way before it closes, and takes no more', async () => {
  const slow = ours.call('slowly', ['a']);
  const closing = ours.close();
  gate.open.resolve();
  expect(await slow).toBe('a');
  await closing;
  await expect(ours.call('echo', ['b'])).rejects.toMatchObject({ code: 'PORT_CLOSED' });
  ours.tell('note', ['nobody hears it']);
  expect(closed).toBe(1);
});

it('rejects what waits for the other side when that closes', async () => {
  const slow = ours.call('slowly', ['a']);
  await ours.call('echo', []);
  await Promise.all([theirs.close(), expect(slow).rejects.toMatchObject({ code: 'PORT_CLOSED' })]);
  expect([ours.closed, closed]).toEqual([true, 1]);
});

it('rejects what waits for a thread that dies', async () => {
  const { port1, port2 } = new MessageChannel();
  const program = `const { workerData } = require('node:worker_threads');
    workerData.on('message', () => process.exit(3));`;
  const worker = new Worker(program, { eval: true, workerData: port2, transferList: [port2] });
  const dead = new Calls<typeof methods, Record<never, never>>(port1, {});
  const exit = once(worker, 'exit');
  await expect(dead.call('echo', ['a'])).rejects.toMatchObject({ code: 'PORT_CLOSED' });
  expect(await exit).toEqual([3]);
});
