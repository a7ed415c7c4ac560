import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestBrowser } from '../../apps/api/testing/identity-provider.js';
import type { Cli } from '../../apps/weir/testing/cli.js';
import { SignInHouse } from './sign-in-house.js';

let house: SignInHouse;
let cli: Cli;
let url: string;
beforeAll(async () => {
  house = await SignInHouse.open();
  ({ cli, url } = house);
});
afterAll(() => house.close());

test('who signed in stands in the audit log for what they change', async () => {
  const browser = new TestBrowser();
  await browser.ask(await browser.signIn(`${url}/auth/login`, 'root+ops', `${url}/auth/callback`));
  const made = await browser.ask(`${url}/api/v1/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ name: 'sender', scopes: ['ingest'] }),
  });
  const { id, key } = (await made.json()) as { id: string; key: string };
  const meOf = async (apiKey: string) => (await fetch(`${url}/api/v1/me`, { headers: { 'x-api-key': apiKey } })).status;
  const rotated = await cli.json<{ id: string; key: string }>('keys', 'rotate', id, '--grace', '1h');
  expect([await meOf(key), await meOf(rotated.key)]).toEqual([200, 200]);
  expect((await cli.json<{ id: string; key: string }>('keys', 'rotate', id, '--grace', '0s')).id).toBe(id);
  expect([await meOf(key), await meOf(rotated.key)]).toEqual([401, 401]);

  const page = await cli.json<{ items: { actorName: string; action: string }[] }>(
    'audit-log',
    '--subject',
    `key:${id}`,
  );
  expect(page.items.map(({ actorName, action }) => [actorName, action])).toEqual([
    ['first admin', 'key.rotated'],
    ['first admin', 'key.rotated'],
    ['root', 'key.created'],
  ]);
  const { stdout: csv } = await cli.run(['audit-log', '--export', 'csv', '--action', 'key.created']);
  expect(csv.split('\r\n')[0]).toBe('id,at,actor,actorName,action,subject,facts');
  expect(csv).toContain(`,person:root+ops,root,key.created,key:${id},"{""name"":""sender"",`);
  const { stdout: lines } = await cli.run(['audit-log', '--export', 'ndjson']);
  const actions = lines
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { action: string }).action);
  expect(actions.slice(0, 4)).toEqual(['key.rotated', 'key.rotated', 'key.created', 'person.signed-in']);
});
