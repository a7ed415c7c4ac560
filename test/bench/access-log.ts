/**
 * A web server's life in nginx's combined format, 278 lines a second: 100,000 ordinary addresses, and attackers who take
 * turns, each for 72 seconds. The same on every run.
 */
export interface AccessLog {
  lines: number;
  /** Line `i` of it, without its end. */
  line(i: number): string;
  /** Who should be found, and by which rule. */
  attackers: readonly { ip: string; rule: string }[];
}

const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0';
const start = Date.UTC(2026, 0, 15, 10);
const lineMs = 3.6;
const linesPerAttacker = 20_000;
/** Every so many lines, one is the attacker's whose turn it is. */
const attackEvery = 40;

const manners = [
  { rule: 'web-login-bruteforce', request: () => ['POST', '/login', 401] },
  { rule: 'web-path-probing', request: (i: number) => ['GET', `/${(i * 7919).toString(36)}.bak`, 404] },
  { rule: 'web-crawling', request: (i: number) => ['GET', `/profile/${i.toString(36)}`, 200] },
];

export function accessLog(lines: number): AccessLog {
  const attackers = Array.from({ length: Math.ceil(lines / linesPerAttacker) }, (_, a) => ({
    ip: `198.18.0.${a + 1}`,
    rule: manners[a % manners.length].rule,
  }));
  const line = (i: number): string => {
    const at = new Date(start + Math.floor(i * lineMs)).toISOString();
    const stamp = `15/Jan/2026:${at.slice(11, 19)} +0000`;
    const a = Math.floor(i / linesPerAttacker);
    const attack = i % attackEvery === 0;
    const [method, path, status] = attack ? manners[a % manners.length].request(i) : ordinary(i);
    const ip = attack ? attackers[a].ip : ordinaryAddress(i);
    return `${ip} - - [${stamp}] "${method} ${path} HTTP/1.1" ${status} ${200 + (i % 4000)} "-" "${agent}"`;
  };
  return { lines, line, attackers };
}

function ordinary(i: number): [string, string, number] {
  if (i % 50 === 1) return ['POST', '/login', 401];
  if (i % 50 === 2) return ['GET', `/old/${i % 5000}`, 404];
  return ['GET', `/api/v1/feed?cursor=${i}`, 200];
}

function ordinaryAddress(i: number): string {
  const address = Math.imul(i, 2654435761) >>> 0;
  return `10.${(address >>> 8) % 2}.${(address >>> 16) & 255}.${address % 196}`;
}
