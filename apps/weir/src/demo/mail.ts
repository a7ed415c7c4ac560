import type { Happening } from '../simulate/event.js';
import type { PlantedAttacker } from '../simulate/traffic.js';
import { type Campaign, campaigns, ordinaryMail } from './campaigns.js';
import { mailNames, type Receipt, readReceipt } from './corpus.js';

/** A campaign's mail comes to so many mailboxes of the house. */
const MAILBOXES = 4;

export interface DemoMail {
  happenings: Happening[];
  planted: PlantedAttacker[];
}

/**
 * Real mail from `start` on (ms) within `seconds`: what people wrote to each other, evenly; and the corpus' campaigns,
 * each within a third of that time, as campaigns come. Text, senders and subjects are theirs; the times are ours, and so
 * are the mailboxes that a campaign's mails are received for.
 */
export async function demoMail(start: number, seconds: number): Promise<DemoMail> {
  const spanMs = seconds * 1_000;
  const happenings: Happening[] = [];
  const names = mailNames(ordinaryMail.folder).slice(0, ordinaryMail.mails);
  for (let i = 0; i < names.length; i++) {
    const receipt = await readReceipt(ordinaryMail.folder, names[i]);
    if (receipt) happenings.push(received(receipt, start + (i * spanMs) / names.length));
  }
  const planted: PlantedAttacker[] = [];
  for (const [i, campaign] of campaigns.entries()) {
    const from = start + (i * spanMs) / campaigns.length;
    const sent = await deliveries(campaign, from, spanMs / campaigns.length);
    happenings.push(...sent);
    planted.push(truthAbout(campaign, sent));
  }
  return { happenings, planted };
}

async function deliveries({ folder, mails }: Campaign, from: number, spanMs: number): Promise<Happening[]> {
  const names = mailNames(folder);
  const receipts: Receipt[] = [];
  for (const number of mails) {
    const receipt = await readReceipt(folder, names.find((name) => name.startsWith(`${number}.`))!);
    receipts.push(receipt!);
  }
  const step = spanMs / (receipts.length * MAILBOXES);
  return Array.from({ length: receipts.length * MAILBOXES }, (_, i) => {
    const receipt = receipts[i % receipts.length];
    return received({ ...receipt, recipients: [`mailbox-${i + 1}@example.com`] }, from + i * step);
  });
}

function received(data: Receipt, time: number): Happening {
  return { time: Math.floor(time), type: 'mail.receipt', data };
}

function truthAbout({ name }: Campaign, sent: readonly Happening[]): PlantedAttacker {
  const fingerprint = String(sent[0].data.fingerprint);
  const at = (happening: Happening) => new Date(happening.time).toISOString();
  return {
    kind: `real spam, “${name}”`,
    group: { fingerprint },
    accomplices: [...new Set(sent.map(({ data }) => String(data.sender)))],
    rules: ['mail-same-text'],
    firstSeen: at(sent[0]),
    lastSeen: at(sent.at(-1)!),
    events: sent.length,
  };
}
