import { decodeMatches, originSpan, type Reading } from './match-batch.js';
import type { DetectionPlan, PlannedRule } from './plan.js';
import type { Origin } from './window-partition.js';

/** A hit as a record of `weir.matches` has it: an event that a rule counts, and for which group. */
export interface Hit extends Origin {
  /** The rule that alerts: of a chain the outermost, whichever of its rules looks for the event. */
  rule: PlannedRule;
  /** Event time, and when the log recorded it, ms. */
  timeMs: number;
  recordedAt: number;
  /** Of the rule that alerts. */
  groupLo: number;
  groupHi: number;
}

/** The hits of a record of `weir.matches` of this plan, rule by rule, each rule's in the order of recording. */
export function* readHits(plan: DetectionPlan, value: Uint8Array): Generator<Hit> {
  const matches = decodeMatches(value);
  if (matches === null) return;
  const { read } = JSON.parse(matches.reading) as Reading;
  for (const hits of matches.hits) {
    const counting = plan.byHash.get(hits.rule);
    if (counting === undefined) continue;
    const outermost = counting.place?.links.at(-1);
    const groups = outermost ? matches.hits.find(({ rule }) => rule === outermost.hash)! : hits;
    const rule = outermost?.rule ?? counting;
    for (let i = 0; i < hits.count; i++) {
      const source = Math.floor(hits.origins[i] / originSpan);
      const [topic, partition] = read[source];
      const offset = hits.origins[i] - source * originSpan;
      const [timeMs, recordedAt] = [hits.times[i], hits.recordedAt[i]];
      const [groupLo, groupHi] = [groups.groupLo[i], groups.groupHi[i]];
      yield { rule, timeMs, recordedAt, groupLo, groupHi, topic, partition, offset };
    }
  }
}
