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
  ['windows.bench.js', ['1000000', '100000'], ['20000', '2000']],
  ['whole.bench.js', ['1000000', '100000', '10'], ['40000', '5000', '2']],
  // Runs http.bench, kafka.bench and kafka-whole.bench.
  ['cost-model.bench.js', [], ['20000', '1', '20000', '1']],
];

const short = process.argv.includes('--short');
for (const [file, full, brief] of benches) {
  console.log(`\n${file}`);
  const script = join(import.meta.dirname, file);
  const { status } = spawnSync(process.execPath, [script, ...(short ? brief : full)], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
