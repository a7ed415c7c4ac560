import { expect, test } from 'vitest';
import { afterLastLine, beforeLastMail, type Chunk, type Cut, chunksOf, halvesOf } from './chunks.js';

async function cutUp(text: string, pieceBytes: number, cut: Cut = afterLastLine, toEnd = true): Promise<Chunk[]> {
  const bytes = Buffer.from(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const chunks: Chunk[] = [];
  for await (const chunk of chunksOf(pieces(), { position: 1_000, lines: 10, cut, toEnd })) chunks.push(chunk);
  return chunks;
}

test('chunks are whole lines that follow each other, with their positions and line numbers', async () => {
  const text = Array.from({ length: 60_000 }, (_, i) => `line ${i} of a log\n`).join('');
  const chunks = await cutUp(text, 10_000);
  expect(chunks.length).toBeGreaterThan(1);
  expect(Buffer.concat(chunks.map((chunk) => chunk.bytes)).toString()).toBe(text);
  let [position, line] = [1_000, 11];
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({ position, line, end: position + chunk.bytes.length });
    expect(chunk.bytes.at(-1)).toBe(0x0a);
    expect(chunk.bytes.toString()).toMatch(new RegExp(`^line ${line - 11} `));
    position = chunk.end;
    line += chunk.lines;
  }
});

test('a last line without its end is read at the end of a file, and waits while one is followed', async () => {
  expect((await cutUp('one\ntwo', 3)).map((chunk) => chunk.bytes.toString())).toEqual(['one\ntwo']);
  expect((await cutUp('one\ntwo', 3, afterLastLine, false)).map((chunk) => chunk.bytes.toString())).toEqual(['one\n']);
  expect(await cutUp('tw', 3, afterLastLine, false)).toEqual([]);
});

test('an mbox is cut before a mail', async () => {
  const mail = (n: number) => `From a@b ${n}\nSubject: ${n}\n\n${'on from here: text\n'.repeat(20_000)}\n`;
  const chunks = await cutUp(mail(1) + mail(2) + mail(3) + mail(4), 65_536, beforeLastMail);
  expect(chunks.length).toBeGreaterThan(1);
  for (const chunk of chunks) expect(chunk.bytes.toString()).toMatch(/^From a@b \d\nSubject/);
});

test('a chunk is halved between items, down to a single one', async () => {
  const [chunk] = await cutUp('one\ntwo\nthree\n', 100);
  const [head, tail] = halvesOf(chunk, afterLastLine)!;
  expect([head.bytes.toString(), tail.bytes.toString()]).toEqual(['one\n', 'two\nthree\n']);
  expect(tail).toMatchObject({ position: 1_004, line: 12, lines: 2, end: chunk.end });
  expect(halvesOf(head, afterLastLine)).toBeNull();
  const [long] = await cutUp(`${'x'.repeat(100)}\ny\n`, 1_000);
  expect(halvesOf(long, afterLastLine)![1].bytes.toString()).toBe('y\n');
});
