/**
 * HTTP to durable: `npm run build && node dist/test/bench/http.bench.js [seconds]`.
 *
 * Three processes: this one asks and prints; a server with the real ingest app, keys in a real PostgreSQL, and an
 * embedded log on the disk that TMPDIR is on; a load generator on loopback. Per CPU-second counts the server's CPU
 * alone (all its threads, the disk's included), so that the generator may share the machine.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mintKey, openAuthenticator } from '#libs/auth';
import { systemClock } from '#libs/clock';
import { openEmbeddedLog } from '#libs/log';
import { openDatabase, openKeyStore, startEmbeddedPostgres } from '#libs/storage';
import { createLogger, createMetrics } from '#libs/telemetry';
import { activityTopics, IngestModule } from '../../apps/ingest/src/index.js';
import { createHttpApp } from '../../apps/platform/src/index.js';

interface Load {
  name: string;
  path: string;
  contentType: string;
  eventsPerRequest: number;
  connections: number;
}

const ndjson = { path: '/api/v1/ingest/ndjson', contentType: 'application/x-ndjson' };
const batch = { path: '/api/v1/events', contentType: 'application/cloudevents-batch+json' };
const structured = { path: '/api/v1/events', contentType: 'application/cloudevents+json' };

const loads: Load[] = [
  { name: 'NDJSON x100, 16 connections', ...ndjson, eventsPerRequest: 100, connections: 16 },
  { name: 'JSON array x100, 16 connections', ...batch, eventsPerRequest: 100, connections: 16 },
  { name: 'one event, 64 connections', ...structured, eventsPerRequest: 1, connections: 64 },
  { name: 'one event as NDJSON, 64 connections', ...ndjson, eventsPerRequest: 1, connections: 64 },
];

type ToServer = 'usage' | 'stop';
interface Usage {
  cpuSeconds: number;
  peakRssBytes: number;
}
interface Result {
  events: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
}

async function serve(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-bench-'));
  const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
  const database = await openDatabase({ url: postgres.url });
  const store = openKeyStore({ database, clock: systemClock });
  const { id, hash, text: key } = mintKey();
  await store.create({ id, hash, name: 'bench', scopes: ['ingest'], expiresAt: null }, 'bench');
  const log = await openEmbeddedLog({ directory: join(directory, 'log'), clock: systemClock });
  const logger = createLogger('warn');
  for (const topic of activityTopics) await log.createTopic(topic, { partitions: 16 });
  const ports = { log, clock: systemClock, metrics: createMetrics() };
  const keys = openAuthenticator(store, systemClock);
  const app = await createHttpApp(IngestModule.register(ports), { keys, logger });
  await app.listen(0, '127.0.0.1');
  process.on('message', async (message: ToServer) => {
    if (message === 'usage') {
      const { user, system } = process.cpuUsage();
      const peakRssBytes = process.resourceUsage().maxRSS * 1024;
      process.send!({ cpuSeconds: (user + system) / 1e6, peakRssBytes } satisfies Usage);
      return;
    }
    await app.close();
    await log.close();
    await store.close();
    await database.destroy();
    await postgres.stop();
    await rm(directory, { recursive: true });
    process.disconnect?.();
  });
  process.send!({ port: new URL(await app.getUrl()).port, key });
}

/** About 190 bytes of an API call by one of 100,000 clients, few of whom are busy. */
function event(i: number): string {
  const client = `u${Math.floor(100_000 ** Math.random())}`;
  const data = {
    client,
    ip: `198.51.100.${i % 256}`,
    method: 'GET',
    path: '/api/items',
    status: 200,
    durationMs: i % 97,
  };
  const time = new Date(1_772_366_400_000 + i).toISOString();
  return JSON.stringify({ specversion: '1.0', id: `${i}`, source: '/bench', type: 'api.call', time, data });
}

function requests({ path, contentType, eventsPerRequest }: Load, key: string): Buffer[] {
  return Array.from({ length: 500 }, (_, request) => {
    const events = Array.from({ length: eventsPerRequest }, (_, i) => event(request * eventsPerRequest + i));
    const body = contentType.includes('batch') ? `[${events.join()}]` : events.join('\n');
    const head = `POST ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\nContent-Type: ${contentType}\r\n`;
    return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  });
}

/** Each connection sends its next request when the answer to the last one is there. */
async function generate(load: Load, port: number, key: string, seconds: number): Promise<Result> {
  const bodies = requests(load, key);
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  let next = 0;
  const connection = async () => {
    const socket = connect(port, '127.0.0.1').setNoDelay();
    await once(socket, 'connect');
    for (let now = performance.now(); now < end; now = performance.now()) {
      socket.write(bodies[next++ % bodies.length]);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      if (answer.toString('latin1', 9, 12) !== '200') throw new TypeError(`The server answered ${answer}`);
      latencies.push(performance.now() - now);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: load.connections }, connection));
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)];
  const measured = (performance.now() - start) / 1_000;
  return { events: latencies.length * load.eventsPerRequest, seconds: measured, p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function ask<T>(child: ChildProcess, message: ToServer): Promise<T> {
  const answer = once(child, 'message');
  child.send(message);
  return (await answer)[0] as T;
}

async function run(load: Load, where: { port: string; key: string }, seconds: number): Promise<Result> {
  const parameters = [JSON.stringify(load), where.port, where.key, String(seconds)];
  const generator = fork(import.meta.filename, ['generate', ...parameters], { timeout: (seconds + 30) * 1_000 });
  const [result] = (await once(generator, 'message')) as [Result];
  return result;
}

async function main(seconds: number): Promise<void> {
  const server = fork(import.meta.filename, ['serve'], { timeout: 300_000 });
  const [where] = (await once(server, 'message')) as [{ port: string; key: string }];
  const perCpuSecond: Record<string, number> = {};
  for (const load of loads) {
    await run(load, where, 1);
    const before = await ask<Usage>(server, 'usage');
    const { events, seconds: wall, p50Ms, p99Ms } = await run(load, where, seconds);
    const after = await ask<Usage>(server, 'usage');
    const perCpu = Math.round(events / (after.cpuSeconds - before.cpuSeconds));
    perCpuSecond[load.name] = perCpu;
    const rssMb = Math.round(after.peakRssBytes / 2 ** 20);
    console.log(
      `${load.name}: ${perCpu.toLocaleString('en')} events per CPU-second, ${Math.round(events / wall).toLocaleString('en')}/s, ` +
        `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, peak ${rssMb} MiB`,
    );
  }
  process.send?.(perCpuSecond);
  server.send('stop' satisfies ToServer);
  await once(server, 'exit');
}

const [role, ...rest] = process.argv.slice(2);
if (role === 'serve') await serve();
else if (role === 'generate') {
  const [load, port, key, seconds] = rest;
  process.send!(await generate(JSON.parse(load) as Load, Number(port), key, Number(seconds)));
  process.disconnect?.();
} else await main(Number(role ?? 5));
