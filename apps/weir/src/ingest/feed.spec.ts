import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Bookmark } from './bookmarks.js';
import { afterLastLine, chunksOf } from './chunks.js';
import { feed } from './feed.js';

const LINES = 60_000;
const bookmark: Bookmark = {
  fingerprint: 'f',
  reading: '',
  file: 'access.log',
  inode: '',
  prefixBytes: 0,
  prefixHash: '',
  position: 0,
  lines: 0,
  season: null,
  shift: null,
};

async function* file() {
  for (let i = 0; i < LINES; i += 100) yield Buffer.from(`${'x'.repeat(49)}\n`.repeat(100));
}

/** Feeds a file of several chunks; the earlier a chunk, the longer its request takes. `failing`: a chunk that is refused. */
async function feedAll(failing = -1) {
  const seen: string[] = [];
  const saved: Bookmark[] = [];
  const totals = { bytes: 0, accepted: 0, rejected: 0 };
  let requests = 0;
  const fed = feed(chunksOf(file(), { position: 0, lines: 0, cut: afterLastLine, toEnd: true }), bookmark, {
    totals,
    rejected: () => {},
    bookmarks: { save: async (kept) => void saved.push(kept) },
    async send({ position, lines }) {
      const request = requests++;
      seen.push(`begin ${position}`);
      await delay(30 - 4 * request);
      if (request === failing) throw new TypeError('refused');
      seen.push(`end ${position}`);
      return { accepted: lines, rejected: [] };
    },
  });
  const outcome = await fed.catch((error: Error) => error.message);
  return { outcome, seen, totals, last: saved.at(-1)! };
}

test('chunks are sent one at a time, in the order of the file', async () => {
  const { outcome, seen, totals } = await feedAll();
  expect(seen.length).toBeGreaterThan(8);
  const places = seen.filter((_, i) => i % 2 === 0).map((said) => Number(said.split(' ')[1]));
  expect(seen).toEqual(places.flatMap((place) => [`begin ${place}`, `end ${place}`]));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(outcome).toMatchObject({ position: 50 * LINES, lines: LINES });
  expect(totals).toEqual({ bytes: 50 * LINES, accepted: LINES, rejected: 0 });
});

test('where one is refused, none is sent after it, and the bookmark stands before it', async () => {
  const { outcome, seen, last } = await feedAll(2);
  expect(outcome).toBe('refused');
  expect(seen).toHaveLength(5);
  expect(`begin ${last.position}`).toBe(seen[4]);
  expect(last.lines * 50).toBe(last.position);
});
