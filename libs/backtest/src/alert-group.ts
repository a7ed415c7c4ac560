import { isDeepStrictEqual } from 'node:util';
import { type DetectionPlan, groupValues, type Hit, Matcher, type MatcherOptions, readHits } from '#libs/detection';
import { batchOfRecords } from '#libs/log';
import type { EvidenceState } from './evidence.js';
import type { PassChange } from './pass.js';

interface AlertOfGroup {
  rule: { id: string };
  group: Readonly<Record<string, unknown>>;
}

/** Hits carry a group as a hash only: which one that of an alert is, is learnt from events that the alert names. */
export class AlertGroup {
  /** Partitions of `weir.matches` that the group's events go to. */
  readonly partitions = new Set<number>();
  /** The hashes, as the rules of the plan have it. */
  private readonly hashes = new Set<string>();
  private readonly group: Readonly<Record<string, string>>;

  constructor(
    private readonly plan: DetectionPlan,
    private readonly alert: AlertOfGroup,
    private readonly options: MatcherOptions,
  ) {
    const texts = Object.entries(alert.group).map(([field, value]) => [field, String(value)]);
    this.group = Object.fromEntries(texts) as Record<string, string>;
  }

  /** Does the rule count the event for the group? */
  learn({ topic, partition, offset, line, time, recordedMs }: EvidenceState): boolean {
    if (line === null) return false;
    const recordedAt = recordedMs ?? 0;
    const batch = batchOfRecords(topic, partition, offset, [{ time: Date.parse(time), value: line, recordedAt }]);
    let isCounted = false;
    for (const { partition: into = 0, value } of new Matcher(this.plan, this.options).match([batch], 0).matches) {
      for (const hit of readHits(this.plan, value)) {
        if (!this.isOfRule(hit)) continue;
        const group = groupValues(this.plan, hit.rule, hit.groupLo, hit.groupHi, topic, line);
        if (!isDeepStrictEqual({ ...group }, this.group)) continue;
        this.partitions.add(into);
        this.hashes.add(hashOf(hit));
        isCounted = true;
      }
    }
    return isCounted;
  }

  /** Is it an event that the rule counts for the group? */
  has(hit: Hit): boolean {
    return this.isOfRule(hit) && this.hashes.has(hashOf(hit));
  }

  /** Is it an episode of the alert's rule and group? */
  isOf({ rule, view }: PassChange): boolean {
    return this.isOfRule({ rule }) && this.hashes.has(hashOf(view));
  }

  private isOfRule({ rule }: Pick<Hit, 'rule'>): boolean {
    return rule.info.id === this.alert.rule.id;
  }
}

const hashOf = ({ groupLo, groupHi }: Pick<Hit, 'groupLo' | 'groupHi'>): string => `${groupLo}/${groupHi}`;
