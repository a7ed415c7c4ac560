// A receiver of webhooks that is as bad as they come: node receiver.mjs PORT FILE SEED TROUBLE
// Of its requests TROUBLE in 100 go wrong, no key more than a few times: 500, 429, never answered, cut off, or written down and then it dies without an
// answer. What it takes it writes down in FILE, a line each, before it says so.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port, file, seed, trouble] = process.argv.slice(2);
let state = Number(seed) || 1;
// mulberry32
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
let hangs = 1;
/** By key: one that went wrong often waits for minutes before it is tried again. */
const troubles = new Map();
const troublesMax = 3;
/** All that is under way goes wrong when it dies: so not at once again. */
const livesFor = 10;
let taken = 0;

const ways = {
  fail: (answer) => answer.writeHead(500).end('not today'),
  busy: (answer) =>
    answer.writeHead(429, { 'retry-after': random() < 0.5 ? '1' : new Date(Date.now() + 1_000).toUTCString() }).end(),
  hang: () => {},
  cut: (answer) => answer.destroy(),
  die: (_, write) => {
    write();
    process.exit(1);
  },
};

createServer(async (request, answer) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces).toString();
  const write = () => appendFileSync(file, `${JSON.stringify({ headers: request.headers, body })}\n`);
  const key = request.headers['idempotency-key'];
  const before = troubles.get(key) ?? 0;
  if (random() * 100 < Number(trouble) && before < troublesMax) {
    troubles.set(key, before + 1);
    const mayBe = { hang: () => hangs-- > 0, die: () => taken >= livesFor };
    const names = Object.keys(ways).filter((name) => mayBe[name]?.() ?? true);
    return ways[names[Math.floor(random() * names.length)]](answer, write);
  }
  write();
  taken++;
  answer.writeHead(204).end();
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
