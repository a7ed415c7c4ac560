import { expect, test } from 'vitest';
import type { Chunk } from './chunks.js';
import { type Season, withYears } from './years.js';

async function dated(texts: string[], from: Season): Promise<Chunk[]> {
  async function* chunks() {
    for (const text of texts) yield { bytes: Buffer.from(text) } as Chunk;
  }
  const all: Chunk[] = [];
  for await (const chunk of withYears(chunks(), from)) all.push(chunk);
  return all;
}

test('years turn with the months, over chunks and over a pause between two feeds', async () => {
  const [november, turn, spring] = await dated(['Nov 30 a\nDec 1 b\n', 'Dec 31 c\nJan 1 d\n', 'Mar 1 e\n'], {
    year: 2016,
    month: 0,
  });
  expect([november.year, turn.year, spring.year]).toEqual([2016, 2016, 2017]);
  const [resumed] = await dated(['Jan 1 d\n'], november.season!);
  expect(resumed.year).toBe(2017);
});

test('lines without a month leave the year as it was', async () => {
  const [odd] = await dated(['nonsense\n\n'], { year: 2016, month: 12 });
  expect(odd).toMatchObject({ year: 2016, season: { year: 2016, month: 12 } });
});
