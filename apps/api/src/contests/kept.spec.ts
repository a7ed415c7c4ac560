import { expect, test } from 'vitest';
import { Kept } from './kept.js';

/** Readings that end when the test says so. */
function source() {
  const waiting: { resolve(value: string): void; reject(error: Error): void }[] = [];
  return {
    version: 'v1',
    begun: 0,
    read() {
      this.begun++;
      return new Promise<string>((resolve, reject) => waiting.push({ resolve, reject }));
    },
    end: (value: string) => waiting.shift()!.resolve(value),
    fail: () => waiting.shift()!.reject(new Error('no')),
  };
}
const settled = () => new Promise((done) => setImmediate(done));

test('is read once for all who ask at a version, and again at another', async () => {
  const [kept, of] = [new Kept<string>(10), source()];
  const ask = () =>
    kept.get(
      'a',
      async () => of.version,
      () => of.read(),
    );
  const first = [ask(), ask()];
  await settled();
  of.end('one');
  expect(await Promise.all([...first, ask()])).toEqual(['one', 'one', 'one']);
  expect(of.begun).toBe(1);
  of.version = 'v2';
  const next = ask();
  await settled();
  of.end('two');
  expect(await next).toBe('two');
  expect(of.begun).toBe(2);
});

test('a change during a reading is in the next, one at a time, for all who asked since', async () => {
  const [kept, of] = [new Kept<string>(10), source()];
  const ask = () =>
    kept.get(
      'a',
      async () => of.version,
      () => of.read(),
    );
  const first = ask();
  await settled();
  of.version = 'v2';
  const later = [ask(), ask(), ask()];
  await settled();
  expect(of.begun).toBe(1);
  of.end('one');
  await settled();
  of.end('two');
  expect(await Promise.all([first, ...later])).toEqual(['one', 'two', 'two', 'two']);
  expect(of.begun).toBe(2);
});

test('a reading that failed is not kept; what was read longest ago gives way', async () => {
  const [kept, of] = [new Kept<string>(1), source()];
  const ask = (key: string) =>
    kept.get(
      key,
      async () => of.version,
      () => of.read(),
    );
  const failed = ask('a');
  await settled();
  of.fail();
  await expect(failed).rejects.toThrow('no');
  for (const key of ['a', 'b', 'a']) {
    const read = ask(key);
    await settled();
    of.end(key);
    expect(await read).toBe(key);
  }
  expect(of.begun).toBe(4);
});

test('at rest nobody asks for the version', async () => {
  const [kept, of] = [new Kept<string>(10, 3_600_000), source()];
  const ask = () =>
    kept.get(
      'a',
      async () => of.version,
      () => of.read(),
    );
  const first = ask();
  await settled();
  of.end('one');
  await first;
  of.version = 'v2';
  expect(await ask()).toBe('one');
});
