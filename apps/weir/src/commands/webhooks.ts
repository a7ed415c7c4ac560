import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';
import { examples } from './examples.js';

interface Webhook {
  id: string;
  kind: string;
  url: string;
  enabled?: boolean;
  changedAt: string;
}

interface Tested {
  delivered: boolean;
  status: number | null;
  problem: string | null;
}

const LIST = `
  weir webhooks list
  weir webhooks list --json`;
const PUT = `
  weir webhooks put on-call on-call.json
  echo '{"kind": "slack", "url": "https://hooks.slack.com/services/…"}' | weir webhooks put chat -`;
const REMOVE = `
  weir webhooks remove on-call`;
const TEST = `
  weir webhooks test on-call`;

const pathOf = (id: string, rest = ''): string => `/api/v1/webhooks/${encodeURIComponent(id)}${rest}`;

export function webhooksCommand(shell: Shell): Command {
  const webhooks = new Command('webhooks')
    .description('where notifications go: list, put, remove and test')
    .addHelpText('after', examples(LIST, PUT, REMOVE, TEST));
  webhooks
    .command('list')
    .description('list all targets')
    .addHelpText('after', examples(LIST))
    .action(async () => {
      const page = await shell.client().get<{ items: Webhook[] }>('/api/v1/webhooks');
      show(shell.terminal, page, () => webhookTable(page.items));
    });
  webhooks
    .command('put')
    .description('add a target, or change it; the secret of a new one is shown this once')
    .addHelpText('after', examples(PUT))
    .argument('<id>', 'what to call it')
    .argument('<file>', 'its settings as JSON; - reads them from stdin')
    .action((id: string, file: string) => put(shell, id, file));
  webhooks
    .command('remove')
    .description('take a target away, with what was to be sent there')
    .addHelpText('after', examples(REMOVE))
    .argument('<id>', 'its id, as in `weir webhooks list`')
    .action(async (id: string) => {
      await shell.client().delete(pathOf(id));
      show(shell.terminal, { id, removed: true }, () => `Nothing more goes to ${id}.`);
    });
  webhooks
    .command('test')
    .description('send an alert that is made up, and say what came of it')
    .addHelpText('after', examples(TEST))
    .argument('<id>', 'its id, as in `weir webhooks list`')
    .action((id: string) => test(shell, id));
  return webhooks;
}

async function put(shell: Shell, id: string, file: string): Promise<void> {
  const client = shell.client();
  const written = await client.put<Webhook & { secret?: string }>(
    pathOf(id),
    settingsIn(file),
    await client.etag(pathOf(id)),
  );
  if (written.secret) shell.terminal.note('Messages are signed with this secret; it is not shown again:');
  show(shell.terminal, written, () => written.secret ?? `${id}: ${written.kind} at ${written.url}.`);
}

async function test(shell: Shell, id: string): Promise<void> {
  const tested = await shell.client().post<Tested>(pathOf(id, '/test'), {});
  show(shell.terminal, tested, () => (tested.delivered ? `Delivered: ${id} answered ${tested.status}.` : ''));
  if (tested.delivered) return;
  throw new CommandError('NOT_DELIVERED', `Not delivered: ${id} ${tested.problem}`.replace(/[^.]$/, '$&.'), {
    ...tested,
  });
}

function settingsIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const said = code ? `${file} can't be read (${code}).` : `${file} is not JSON: ${message}.`;
    throw new CommandError('FILE_UNREADABLE', said, { file, code }, { cause });
  }
}

function webhookTable(webhooks: readonly Webhook[]): string {
  const columns = [
    { title: 'id', value: (webhook: Webhook) => webhook.id },
    { title: 'kind', value: (webhook: Webhook) => webhook.kind },
    { title: 'url', value: (webhook: Webhook) => webhook.url },
    { title: 'enabled', value: (webhook: Webhook) => (webhook.enabled === false ? 'no' : 'yes') },
    { title: 'changed', value: (webhook: Webhook) => webhook.changedAt },
  ];
  return table(columns, webhooks);
}
