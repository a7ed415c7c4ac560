/**
 * What rules cost an event: `match` alone, one core, with 1, 10, 100 and 1,000 rules of all log sources.
 *
 *   npm run build && node dist/test/bench/rules.bench.js [EVENTS OF A KIND]
 *
 * Prints µs of CPU per event, and in brackets how many rules there are for its type. `asked` is what it takes to read
 * the line and ask each of these rules in turn, in the same run: what dispatch saves.
 */
import { type DetectionPlan, Matcher, planRules } from '#libs/detection';
import { batchOfRecords, type RecordBatch } from '#libs/log';
import { cpuOf } from './detection-run.js';
import { manyRules, sigmaIsThere } from './many-rules.js';
import { median } from './measure.js';
import { askEach } from './naive-match.js';
import { type EventLines, ruleEvents } from './rule-events.js';

const total = Number(process.argv[2] ?? 50_000);
const counts = [1, 10, 100, 1000];
const batchEvents = 1000;
const rounds = 5;

function batches({ topic, lines }: EventLines): RecordBatch[] {
  const records = lines.map((value, i) => ({ time: i, recordedAt: i, value }));
  return Array.from({ length: Math.ceil(lines.length / batchEvents) }, (_, b) =>
    batchOfRecords(topic, 0, b * batchEvents, records.slice(b * batchEvents, (b + 1) * batchEvents)),
  );
}

/** Median CPU µs per event; the first round warms up. */
function microseconds(events: EventLines, work: (batch: RecordBatch) => void): number {
  const input = batches(events);
  const run = () => cpuOf(() => input.forEach(work))[1];
  run();
  return (median(Array.from({ length: rounds }, run)) / events.lines.length) * 1e6;
}

const freshMatcher = (plan: DetectionPlan) =>
  new Matcher(plan, { partitions: 16, dedupeHorizonMs: 600_000, identitiesMax: 500_000 });

if (!sigmaIsThere) console.log('THE RULES OF SIGMA ARE NOT BESIDE THIS CLONE: VARIANTS OF THOSE THAT SHIP INSTEAD');
const kinds = ruleEvents(total);
for (const events of kinds) {
  const cells = counts.map((count) => {
    const rules = manyRules(count);
    const plan = planRules(rules, { latenessMs: 60_000, groupsMax: 1000 });
    const mine = rules.detections.filter(({ types }) => types.includes(events.topic));
    let matcher = freshMatcher(plan);
    let first = -1;
    const matched = microseconds(events, (batch) => {
      // Each round sees the same events, which are no duplicates then.
      if (batch.offset(0) === 0) matcher = freshMatcher(plan);
      matcher.match([batch], 0);
      first = matcher.hits.counters.written;
    });
    const asked = microseconds(events, askEach(rules, mine));
    return `${count}: ${matched.toFixed(2)} (${mine.length}; asked ${asked.toFixed(2)}; hits ${first})`;
  });
  console.log(`${events.name}, µs: ${cells.join(', ')}`);
}
