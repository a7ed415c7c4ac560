/**
 * Attacked contests: `npm run build && node dist/test/bench/attacks.bench.js [first seed] [seeds] [honest voters]`.
 *
 * What the rules that ship find of every manner of attack: see test/scenarios/attacks.ts. Of a hundred contests or more, exits 1
 * where they find less than the docs claim; a few say nothing of a share of 95 in 100.
 */
import { manners, unfound } from '../scenarios/attacks.js';
import { type Contested, contested, type Outcome } from '../scenarios/attacks-outcome.js';
import { median } from './measure.js';

const first = Number(process.argv[2] ?? 1);
const seeds = Number(process.argv[3] ?? 100);
const honestVoters = Number(process.argv[4] ?? 20_000);

/** Of contests: in so many the honest winner wins. */
const winsMin = 0.95;
/** Of honest votes: so many are discounted at most. */
const lostMax = 0.01;
const isJudged = seeds >= 100;

const contests: Contested[] = [];
for (let seed = first; seed < first + seeds; seed++) contests.push(contested(seed, honestVoters));

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

for (const manner of Object.keys(manners)) {
  const all = contests.map(({ rings }) => rings.get(manner)!);
  const wins = (kind: keyof Outcome['wins']) => all.filter((one) => one.wins[kind]).length;
  const place = (kind: keyof Outcome['place']) => median(all.map((one) => one.place[kind]));
  if (isJudged && wins('fair') < winsMin * seeds && !unfound.includes(manner)) process.exitCode = 1;
  console.log(
    `${manner}: seen in ${all.filter(({ isSeen }) => isSeen).length} of ${seeds}, ` +
      `${percent(sum(all.map((one) => one.discounted)), sum(all.map((one) => one.accounts)))} of its votes discounted; ` +
      `place of its entry ${place('honest')} without it, ${place('raw')} raw, ${place('fair')} discounted; ` +
      `the honest winner wins in ${wins('raw')} raw, ${wins('fair')} discounted`,
  );
}
const shares = contests.map(({ honest }) => honest.discounted / honest.votes);
if (isJudged && Math.max(...shares) >= lostMax) process.exitCode = 1;
console.log(`honest votes discounted: ${percent(sum(shares), seeds)}, at most ${percent(Math.max(...shares), 1)}`);
for (const rule of new Set(contests.flatMap(({ honest }) => Object.keys(honest.why)))) {
  console.log(`  ${rule}: ${sum(contests.map(({ honest }) => honest.why[rule] ?? 0))}`);
}
