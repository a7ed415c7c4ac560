/**
 * What a rate takes, and what breaks first, by the measured cost model:
 *
 *   npm run build && node dist/test/bench/scale/scale.js [EVENTS_PER_SECOND…] [--costs FILE]
 *
 * Without a file (what cost-model.bench prints at its end) the costs are those of docs/scale.md.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { thousands } from '../measure.js';
import { measuredHere, type UnitCosts } from './costs.js';
import { networkOf, oneProcess, type Plan, planFor, workOf } from './plan.js';
import { type Network, simulate } from './simulate.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { costs: { type: 'string' } } });
const costs = values.costs ? (JSON.parse(readFileSync(values.costs, 'utf8')) as UnitCosts) : measuredHere;
const rates = positionals.length > 0 ? positionals.map(Number) : [10_000, 100_000, 1_000_000, 10_000_000];
const jobs = 100_000;
const ms = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;
const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

function say(name: string, network: Network): void {
  const { stages, p50Seconds, p99Seconds, breaks } = simulate(network, jobs, 1);
  const busy = stages.map((stage) => `${stage.name} ${(stage.utilisation * 100).toFixed(0)} %`).join(', ');
  console.log(
    `  ${name}: ${breaks ? `BREAKS at ${breaks}` : `p50 ${ms(p50Seconds)}, p99 ${ms(p99Seconds)}`}; busy: ${busy}`,
  );
}

function sayPlan(plan: Plan): void {
  const { ingest, match, window, brokers, partitions, machines } = plan;
  console.log(
    `  ${ingest} ingest, ${match} match, ${window} window, 1 project on ${machines} machines; ${brokers} brokers; ${partitions} partitions a topic`,
  );
  console.log(
    `  memory: match ${gb(plan.matchMemoryBytes)}, window ${gb(plan.windowMemoryBytes)}; disk ${gb(plan.diskBytes)} (${gb(plan.storedBytesPerSecond)}/s); ` +
      `a broker's network ${(plan.brokerNetworkBytesPerSecond / 1e6).toFixed(0)} MB/s; ${thousands(plan.marksPerSecond)} marks/s; repeats are told for ${plan.dedupeSeconds.toFixed(0)} s`,
  );
}

const work = workOf(costs);
console.log(
  `per event on Kafka: ingest ${work.ingestUs.toFixed(1)} µs (x${work.ingestGlue.toFixed(2)} of its steps), ` +
    `match ${work.matchUs.toFixed(1)}, window ${work.windowUs.toFixed(1)} (x${work.detectGlue.toFixed(2)})`,
);
for (const rate of rates) {
  const plan = planFor(rate, costs);
  console.log(`${thousands(rate)} events/s`);
  say('one process, embedded log', oneProcess(rate, costs));
  sayPlan(plan);
  say('as planned', networkOf(rate, plan, costs));
  for (const stage of ['ingest', 'match', 'window'] as const) {
    if (plan[stage] > 1)
      say(`with half the ${stage}`, networkOf(rate, { ...plan, [stage]: Math.floor(plan[stage] / 2) }, costs));
  }
}
