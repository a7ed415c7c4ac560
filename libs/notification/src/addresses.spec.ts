import { describe, expect, test } from 'vitest';
import { targetOf } from '../testing/alerts.js';
import { placeOf } from './addresses.js';
import { checkTarget, withoutPassword, withPassword } from './check-target.js';

describe('where notifications may go', () => {
  test.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '[::1]',
    'fe80::1',
    'fd00::1',
    'fc00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    'localhost',
  ])('not to %s', async (host) => {
    await expect(placeOf(host, [])).rejects.toMatchObject({ code: 'TARGET_ADDRESS_FORBIDDEN' });
  });

  test.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '[2606:4700::1111]'])('to %s', async (host) => {
    expect((await placeOf(host, [])).address).toBe(host.replace(/[[\]]/g, ''));
  });

  test('a network that is allowed, and no other', async () => {
    const allowed = ['10.0.0.0/8', 'fd00::/8'];
    expect(await placeOf('10.1.2.3', allowed)).toEqual({ address: '10.1.2.3', family: 4 });
    expect(await placeOf('fd00::1', allowed)).toEqual({ address: 'fd00::1', family: 6 });
    await expect(placeOf('127.0.0.1', allowed)).rejects.toMatchObject({ code: 'TARGET_ADDRESS_FORBIDDEN' });
  });

  test('a name that is none is said to be none', async () => {
    await expect(placeOf('nowhere.invalid', [])).rejects.toMatchObject({ code: 'TARGET_HOST_UNKNOWN' });
  });

  test.each([
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://[::ffff:127.0.0.1]/',
  ])('%s is this machine, however it is written', async (url) => {
    await expect(checkTarget({ kind: 'webhook', url }, [])).rejects.toMatchObject({ code: 'TARGET_ADDRESS_FORBIDDEN' });
  });
});

test.each([
  [{ url: 'ftp://8.8.8.8/' }, 'url'],
  [{ url: 'nonsense' }, 'url'],
  [{ kind: 'mail', url: 'http://8.8.8.8/' }, 'url'],
  [{ kind: 'mail', url: 'smtp://8.8.8.8/' }, 'from'],
  [{ kind: 'mail', url: 'smtp://8.8.8.8/', from: 'a@b.example', to: ['x@y.example, z@y.example'] }, 'to'],
  [{ from: 'a@b.example' }, 'to'],
  [{ waitSeconds: 5, digest: 'daily' }, 'digest'],
  [{ resendSeconds: 5 }, 'resendSeconds'],
] as const)('%j is refused for its %s', async (changes, field) => {
  const settings = { ...targetOf('t').settings, url: 'http://8.8.8.8/', ...changes } as Parameters<
    typeof checkTarget
  >[0];
  await expect(checkTarget(settings, [])).rejects.toMatchObject({ code: 'TARGET_INVALID', facts: { field } });
});

test('a password is shown as stars, and stars mean the one that there was, for nobody else', () => {
  const known = { kind: 'mail' as const, url: 'smtps://weir:s3cret@mail.example:465' };
  const shown = withoutPassword(known.url);
  expect(shown).toBe('smtps://weir:***@mail.example:465');
  expect(withPassword({ ...known, url: shown }, known).url).toBe(known.url);
  for (const url of [
    'smtps://weir:***@evil.example:465',
    'smtps://other:***@mail.example:465',
    'smtps://weir:***@mail.example:25',
  ]) {
    expect(() => withPassword({ ...known, url }, known)).toThrow(/hides its password/);
  }
  expect(() => withPassword({ ...known, url: shown }, undefined)).toThrow(/hides its password/);
});
