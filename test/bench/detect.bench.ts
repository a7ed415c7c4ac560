/**
 * Match and window with the shipped rules, one core, without a log: node dist/test/bench/detect.bench.js [EVENTS]
 * Prints events per CPU-second and peak memory, for structured events and for nginx lines.
 */
import { globSync, readFileSync } from 'node:fs';
import { Matcher, planRules, WindowPartition } from '#libs/detection';
import { batchOfRecords, partitionOf } from '#libs/log';
import { parsers, positionId } from '#libs/parsers';
import { compileRules } from '#libs/sigma';

const total = Number(process.argv[2] ?? 1_000_000);
const partitions = 16;
const batchEvents = 8192;
const rules = compileRules(globSync('rules/**/*.yml').map((file) => ({ file, text: readFileSync(file, 'utf8') })));
const plan = planRules(rules, { latenessMs: 60_000, groupsMax: 1_000_000 });

/** Ordinary traffic of 100,000 addresses over one hour, as nginx writes it. */
function nginxLine(i: number): string {
  const address = Math.imul(i, 2654435761) >>> 0;
  const ip = `10.${(address >>> 8) % 2}.${(address >>> 16) & 255}.${address % 196}`;
  const at = new Date(Date.UTC(2026, 0, 15, 10) + Math.floor((i / total) * 3600) * 1000).toISOString();
  const stamp = `15/Jan/2026:${at.slice(11, 19)} +0000`;
  const [method, path, status] =
    i % 50 === 0
      ? ['POST', '/login', 401]
      : i % 50 === 1
        ? ['GET', `/old/${i % 5000}`, 404]
        : ['GET', `/api/v1/feed?cursor=${i}`, 200];
  return `${ip} - - [${stamp}] "${method} ${path} HTTP/1.1" ${status} ${200 + (i % 4000)} "-" "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0"`;
}

function run(
  name: string,
  produce: (from: number, to: number, offsets: number[]) => ReturnType<typeof batchOfRecords>[],
  parseCounts: boolean,
) {
  const matcher = new Matcher(plan, { partitions, dedupeHorizonMs: 600_000, identitiesMax: 500_000 });
  const windows = Array.from(
    { length: partitions },
    (_, p) => new WindowPartition(p, plan, { groupsMax: 1_000_000, partitions }),
  );
  const offsets = new Array<number>(partitions).fill(0);
  let cpu = 0;
  let alerts = 0;
  for (let from = 0; from < total; from += batchEvents) {
    let before = process.cpuUsage();
    const batches = produce(from, Math.min(from + batchEvents, total), offsets);
    if (!parseCounts) before = process.cpuUsage();
    for (const { partition = 0, time, value } of matcher.match(batches, 0).matches) {
      const into = windows[partition];
      alerts += into.apply(batchOfRecords('', partition, into.position, [{ time, value, recordedAt: from }])).length;
    }
    const { user, system } = process.cpuUsage(before);
    cpu += user + system;
  }
  const groups = windows.flatMap((w) => [...w.stores.values()]).reduce((sum, store) => sum + store.groups.size, 0);
  const rss = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${name}: ${Math.round(total / (cpu / 1e6)).toLocaleString()} events/CPU-second, ${matcher.counters.hits} hits, ${groups} groups, ${alerts} changes, peak ${rss} MiB`,
  );
}

function parseLines(from: number, to: number, offsets: number[]) {
  const parser = parsers.get('nginx')!;
  if (parser.kind !== 'line') throw new TypeError('nginx is not a stream of lines');
  const parse = parser.open({ source: 'bench', id: positionId, receivedAt: 0 });
  const records: { time: number; value: Buffer; recordedAt: number }[][] = Array.from({ length: partitions }, () => []);
  for (let i = from; i < to; i++) {
    const outcome = parse(nginxLine(i), i);
    if (outcome.kind !== 'events') continue;
    for (const { key, timeMs, value } of outcome.events) {
      records[partitionOf(Buffer.from(key), partitions)].push({ time: timeMs, value, recordedAt: from });
    }
  }
  return records.flatMap((list, p) => {
    const base = offsets[p];
    offsets[p] += list.length;
    return list.length > 0 ? [batchOfRecords('api.call', p, base, list)] : [];
  });
}

const only = process.argv[3];
if (only !== 'nginx') run('structured events', parseLines, false);
if (only !== 'structured') run('nginx lines (made and parsed here)', parseLines, true);
