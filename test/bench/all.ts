/**
 * Every benchmark, one after the other: `npm run bench`, or `npm run bench -- --short` to see in a minute that they run.
 * What they print is in docs/benchmarks.md, with the machine it was measured on.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Arguments as each file describes them, and those of the short form. */
const benches: [file: string, full: string[], short: string[]][] = [
  ['log.bench.js', [], ['0.3']],
  ['detect.bench.js', ['1000000'], ['50000']],
  ['rules.bench.js', ['20000'], ['500']],
  ['hostile.bench.js', ['5000000'], ['20000']],
  ['windows.bench.js', ['1000000', '100000'], ['20000', '2000']],
  ['backtest.bench.js', ['1000000', '5000', '10'], ['50000', '1000', '2']],
  ['whole.bench.js', ['1000000', '100000', '10'], ['40000', '5000', '2']],
  ['alert-steps.bench.js', ['3000'], ['100']],
  ['alerts.bench.js', ['1000000', '200', '60'], ['20000', '20', '3']],
  ['decisions.bench.js', ['100000'], ['2000', '3']],
  ['contests.bench.js', ['1000000', '60'], ['5000', '3']],
  ['attacks.bench.js', ['1', '100'], ['1', '1']],
  ['rounds.bench.js', [], ['50', '2000', '20']],
  ['feeds.bench.js', ['20000', '300', '5000'], ['2000', '30', '500']],
  // Runs http.bench, kafka.bench and kafka-whole.bench.
  ['cost-model.bench.js', [], ['20000', '1', '20000', '1']],
];

const failed: string[] = [];
const short = process.argv.includes('--short');
for (const [file, full, brief] of benches) {
  console.log(`\n${file}`);
  const script = join(import.meta.dirname, file);
  const { status } = spawnSync(process.execPath, [script, ...(short ? brief : full)], { stdio: 'inherit' });
  if (status !== 0) failed.push(file);
}
if (failed.length > 0) {
  console.error(`\nDID NOT RUN TO THEIR END: ${failed.join(', ')}`);
  process.exitCode = 1;
}
