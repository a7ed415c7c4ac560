import type { FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { WrongKeys } from './wrong-keys.js';

const clock = new ManualClock(1_000_000);
const from = (remoteAddress: string) => ({ ip: remoteAddress }) as FastifyRequest;
const tooMany = expect.objectContaining({ status: 429, code: 'KEYS_WRONG' });

function refused(ask: () => void): boolean {
  try {
    ask();
    return false;
  } catch (error) {
    expect(error).toEqual(tooMany);
    return true;
  }
}

test('beyond the limit a right key is refused as a wrong one is, unless it came from there before', () => {
  const wrongKeys = new WrongKeys(2, clock);
  wrongKeys.right(from('192.0.2.1'), 'known');
  const wrongs = [1, 2, 3].map(() => refused(() => wrongKeys.wrong(from('192.0.2.1'))));
  expect(wrongs).toEqual([false, false, true]);
  expect(refused(() => wrongKeys.right(from('192.0.2.1'), 'guessed'))).toBe(true);
  expect(refused(() => wrongKeys.right(from('192.0.2.1'), 'known'))).toBe(false);
  expect(refused(() => wrongKeys.right(from('192.0.2.2'), 'guessed'))).toBe(false);
  expect(refused(() => wrongKeys.checkClient(from('::ffff:192.0.2.1')))).toBe(true);
  clock.advance(59_999);
  expect(refused(() => wrongKeys.checkClient(from('192.0.2.1')))).toBe(true);
  clock.advance(1);
  expect(refused(() => wrongKeys.right(from('192.0.2.1'), 'guessed'))).toBe(false);
});

test.each([
  ['2001:db8::1', '2001:db8::ffff:1', true],
  ['2001:db8:0:1::1', '2001:db8::2', false],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::', true],
  ['fe80::1%eth0', 'fe80::2%eth0', true],
])('%s and %s are one client: %s', (one, other, same) => {
  const wrongKeys = new WrongKeys(1, clock);
  wrongKeys.wrong(from(one));
  expect(refused(() => wrongKeys.wrong(from(other)))).toBe(same);
});

test('however many addresses come, memory is bounded: the oldest is forgotten', () => {
  const wrongKeys = new WrongKeys(1, clock);
  for (let i = 0; i <= 10_000; i++) wrongKeys.wrong(from(`10.0.${i >> 8}.${i & 255}`));
  expect(refused(() => wrongKeys.wrong(from('10.0.0.0')))).toBe(false);
  expect(refused(() => wrongKeys.wrong(from('10.0.39.16')))).toBe(true);
});
