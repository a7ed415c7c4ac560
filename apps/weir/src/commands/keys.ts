import { Command, InvalidArgumentError } from 'commander';
import { allScopes } from '#libs/auth';
import { duration } from '#libs/config';
import type { Shell } from '../shell.js';
import { table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';

interface Key {
  id: string;
  name: string;
  scopes: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
  previousUntil: string | null;
}

const CREATE = `
  weir keys create --name web-1 --scope ingest
  weir keys create --name dashboard --scope read --expires 2027-01-01T00:00:00Z`;
const LIST = `
  weir keys list
  weir keys list --json`;
const ROTATE = `
  weir keys rotate 3f9c2a71b04d5e6f
  weir keys rotate 3f9c2a71b04d5e6f --grace 0s`;
const REVOKE = `
  weir keys revoke 3f9c2a71b04d5e6f`;

export function keysCommand(shell: Shell): Command {
  const keys = new Command('keys')
    .description('make, list, rotate and revoke API keys')
    .addHelpText('after', examples(CREATE, LIST, ROTATE, REVOKE));
  keys
    .command('create')
    .description('make a key; it is shown this once')
    .addHelpText('after', examples(CREATE))
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scope <scopes>', `what it may do: ${allScopes.join(', ')} (several with commas)`, scopesOf)
    .option('--expires <time>', 'until when it is valid (default: for ever)', timeOf)
    .action(async ({ name, scope, expires }: { name: string; scope: string[]; expires?: string }) => {
      const wanted = { name, scopes: scope, expiresAt: expires };
      const made = await shell.client().post<Key & { key: string }>('/api/v1/keys', wanted);
      shell.terminal.note(`Made the key ${made.id} for ${made.scopes.join(', ')}; it is not shown again:`);
      show(shell.terminal, made, () => made.key);
    });
  keys
    .command('list')
    .description('list all keys, newest first')
    .addHelpText('after', examples(LIST))
    .action(async () => {
      const page = await shell.client().get<{ items: Key[] }>('/api/v1/keys');
      show(shell.terminal, page, () => keyTable(page.items));
    });
  keys
    .command('rotate')
    .description('give a key another secret; the one it has works on for a while')
    .addHelpText('after', examples(ROTATE))
    .argument('<id>', 'its id, as in `weir keys list`')
    .option('--grace <duration>', 'how long the secret that it has goes on working', secondsOf, 86_400)
    .action(async (id: string, { grace: graceSeconds }: { grace: number }) => {
      const path = `/api/v1/keys/${encodeURIComponent(id)}/rotate`;
      const key = await shell.client().post<Key & { key: string }>(path, { graceSeconds });
      shell.terminal.note(
        `The secret that ${id} had works until ${key.previousUntil}. The new key is not shown again:`,
      );
      show(shell.terminal, key, () => key.key);
    });
  keys
    .command('revoke')
    .description('revoke a key: it stops working at once')
    .addHelpText('after', examples(REVOKE))
    .argument('<id>', 'its id, as in `weir keys list`')
    .action(async (id: string) => {
      await shell.client().delete(`/api/v1/keys/${encodeURIComponent(id)}`);
      show(shell.terminal, { id, revoked: true }, () => `The key ${id} is revoked.`);
    });
  return keys;
}

function keyTable(keys: readonly Key[]): string {
  const columns = [
    { title: 'id', value: (key: Key) => key.id },
    { title: 'name', value: (key: Key) => key.name },
    { title: 'scopes', value: (key: Key) => key.scopes.join(' ') },
    { title: 'made', value: (key: Key) => key.createdAt },
    { title: 'last used', value: (key: Key) => key.lastUsedAt },
    { title: 'expires', value: (key: Key) => key.expiresAt },
    { title: 'revoked', value: (key: Key) => key.revokedAt },
  ];
  return table(columns, keys);
}

function scopesOf(text: string): string[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  const known: readonly string[] = allScopes;
  if (!scopes.every((scope) => known.includes(scope)))
    throw new InvalidArgumentError(`Scopes are ${known.join(', ')}.`);
  return scopes;
}

/** An RFC 3339 time of an argument. */
export function timeOf(text: string): string {
  if (!Number.isFinite(Date.parse(text)))
    throw new InvalidArgumentError('It takes a time such as 2027-01-01T00:00:00Z.');
  return new Date(text).toISOString();
}

function secondsOf(text: string): number {
  const parsed = duration.parse(text);
  if (parsed.kind === 'refused') throw new InvalidArgumentError(`It takes ${parsed.expected}.`);
  return Math.ceil(parsed.value / 1_000);
}
