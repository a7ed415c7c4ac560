/**
 * A hostile day: 1,000 rules, and an attacker who knows them. Both stages of detection in memory, one core.
 *
 *   npm run build && node dist/test/bench/hostile.bench.js [INVENTED GROUPS]
 *
 * First so many groups are invented on two rules with room for a million each, then what is ordinary and what is hostile
 * takes turns. Prints CPU by byte, and what that is of an ordinary day's.
 */
import { Day, hostileLine, hostileRules, kinds } from '../scenarios/hostile-day.js';
import { median, thousands } from './measure.js';

const invented = Number(process.argv[2] ?? 5_000_000);
const groupsMax = 1_000_000;
const batchEvents = 10_000;
const rounds = 7;

const day = new Day(hostileRules(1000), groupsMax, 16);
const lines = (kind: (typeof kinds)[number], from: number, count: number) =>
  Array.from({ length: count }, (_, i) => hostileLine(kind, from + i));
const MiB = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

let seconds = 0;
for (let at = 0; at < invented; at += batchEvents) {
  seconds += day.run(lines('groups', at, batchEvents));
  if ((at + batchEvents) % (invented / 5) >= batchEvents) continue;
  const { groups, evicted, bytes } = day.rule('guessing');
  const rate = thousands((at + batchEvents) / seconds);
  console.log(
    `${thousands(at + batchEvents)} invented: ${thousands(groups)} groups kept, ${thousands(evicted)} evicted and counted, ` +
      `${MiB(bytes)} of windows, ${MiB(process.memoryUsage.rss())} in all, ${rate} events per CPU-second`,
  );
}

const costs = new Map(kinds.map((kind) => [kind, [] as number[]]));
for (let round = 0; round < rounds; round++) {
  for (const kind of kinds) {
    const count = { ordinary: batchEvents, groups: batchEvents, signatures: 10 }[kind as string] ?? 200;
    const sent = lines(kind, invented + round * batchEvents, count);
    costs.get(kind)!.push((day.run(sent) * 1e9) / sent.reduce((sum, line) => sum + line.length, 0));
  }
}
const usual = median(costs.get('ordinary')!);
for (const [kind, each] of costs)
  console.log(
    `${kind}: ${median(each).toFixed(1)} ns a byte, ${(usual / median(each)).toFixed(2)} of the ordinary throughput`,
  );
