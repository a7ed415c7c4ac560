/**
 * The whole way, through a real Weir and its command line: a file to alerts, and one event to its alert under load.
 *
 *   npm run build && node dist/test/bench/whole.bench.js [EVENTS] [EVENTS_PER_SECOND] [SECONDS]
 *
 * The server is a process of its own (embedded log and PostgreSQL on the disk that TMPDIR is on). Per CPU-second counts
 * its CPU alone, all its threads, its start left out; PostgreSQL's is not in it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Cli } from '../../apps/weir/testing/cli.js';
import { accessLog } from './access-log.js';
import { type Found, fileToAlerts, keyOf, sayWay, writeFiles } from './file-to-alerts.js';
import { thousands, usage } from './measure.js';

const [events, perSecond, seconds] = [1_000_000, 100_000, 10].map((value, i) => Number(process.argv[2 + i] ?? value));
/**
 * Events at a steady rate in NDJSON batches of 100; in every tenth batch a new address fails to sign in ten times, and
 * the time from when that batch was due until the alert arrives on the stream of alerts is taken.
 */
async function ingestToAlert(warmUpSeconds: number): Promise<void> {
  const cli = new Cli();
  try {
    const weir = await cli.start();
    const dueAt = new Map<string, number>();
    const latencies: number[] = [];
    const stream = await openStream(weir.url, keyOf(cli), (ip) => {
      const due = dueAt.get(ip);
      if (due === undefined) return;
      dueAt.delete(ip);
      latencies.push(performance.now() - due);
    });
    await drive(weir.url, keyOf(cli), warmUpSeconds, () => {});
    const before = usage(weir.pid);
    const sent = await drive(weir.url, keyOf(cli), seconds, (ip, due) => dueAt.set(ip, due));
    const cpu = usage(weir.pid).cpu - before.cpu;
    await delay(2000);
    stream.destroy();
    latencies.sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.floor(latencies.length * share)]?.toFixed(1);
    console.log(
      `ingest to alert over HTTP at ${thousands(sent / seconds)} events/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms ` +
        `(${latencies.length} alerts, ${dueAt.size} missing), server ${((cpu / seconds) * 100).toFixed(0)} % of a core`,
    );
  } finally {
    await cli.close();
  }
}

function openStream(url: string, key: string, opened: (ip: string) => void): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(`${url}/api/v1/alerts/stream`, { headers: { 'x-api-key': key } }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          if (line.startsWith('data: ')) opened((JSON.parse(line.slice(6)) as Found).group['c-ip']);
        }
      });
      resolve(response);
    })
      .on('error', reject)
      .end();
  });
}

const batchEvents = 100;
const attackEvery = 10;
let serial = 0;

/** Sends for so long; resolves with how many events were acknowledged. */
async function drive(url: string, key: string, forSeconds: number, planted: (ip: string, due: number) => void) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const batches = (perSecond * forSeconds) / batchEvents;
  const start = performance.now();
  const answers: Promise<void>[] = [];
  for (let b = 0; b < batches; b++) {
    const due = start + (b * batchEvents * 1000) / perSecond;
    while (performance.now() < due) await delay(1);
    const attacker = b % attackEvery === 0 ? `198.18.${(serial >> 8) & 255}.${serial & 255}` : null;
    if (attacker !== null) planted(attacker, due);
    answers.push(post(agent, url, key, bodyOf(attacker)));
    serial++;
  }
  await Promise.all(answers);
  agent.destroy();
  return batches * batchEvents;
}

function bodyOf(attacker: string | null): string {
  let body = '';
  const time = new Date().toISOString();
  for (let i = 0; i < batchEvents; i++) {
    const client = (Math.random() * 100_000) >>> 0;
    const ip = i < 10 && attacker !== null ? attacker : `10.${client >>> 16}.${(client >>> 8) & 255}.${client & 255}`;
    const request = ip === attacker ? '"POST","path":"/login","status":401' : '"GET","path":"/api/items","status":200';
    const data = `{"client":"${ip}","ip":"${ip}","method":${request},"durationMs":7}`;
    body += `{"specversion":"1.0","id":"${serial}-${i}","source":"/bench","type":"api.call","time":"${time}","data":${data}}\n`;
  }
  return body;
}

function post(agent: Agent, url: string, key: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'x-api-key': key,
      'content-type': 'application/x-ndjson',
      'content-length': Buffer.byteLength(body),
    };
    request(`${url}/api/v1/ingest/ndjson`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new TypeError(`The server answered ${response.statusCode}`));
      });
    })
      .on('error', reject)
      .end(body);
  });
}

const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
try {
  const log = accessLog(events);
  const files = await writeFiles(log, folder);
  for (const stream of ['ndjson', 'nginx'] as const) {
    sayWay(`file to alerts, ${stream}`, await fileToAlerts(stream, files[stream], log), log);
  }
  await ingestToAlert(Math.min(5, seconds));
} finally {
  rmSync(folder, { recursive: true });
}
