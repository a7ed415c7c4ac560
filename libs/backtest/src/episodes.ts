import { alertId } from '#libs/detection';
import type { PassChange } from './pass.js';

/** Alerts of one variant at most: half a kilobyte each. */
export const episodesMax = 100_000;

/** What the report shows in full at most, of every rule. */
export const alertsShownMax = 100;
/** What is written to the log at most, all rules together. */
export const alertsWrittenMax = 10_000;

/** How the episodes of one variant ended up. Of those that nobody looks at closely, the first event is all evidence that is kept. */
export class Episodes {
  private readonly latest = new Map<string, PassChange>();
  private readonly detailed = new Map<string, Set<string>>();

  constructor(
    readonly fromMs: number,
    readonly untilMs: number,
    /** Of every rule, so many keep all their evidence. */
    private readonly detailedMax: number,
  ) {}

  /** False: there are too many, and this one is not among them. */
  note(change: PassChange): boolean {
    const { rule, view } = change;
    const key = `${rule.hash}/${view.groupLo}/${view.groupHi}/${view.anchor}`;
    if (this.latest.size >= episodesMax && !this.latest.has(key)) return false;
    if (!this.isDetailed(change, key)) view.evidence.splice(1);
    this.latest.set(key, change);
    return true;
  }

  /** Those of a rule that opened within the range, by when they did. */
  within(ruleId: string): PassChange[] {
    return this.of(ruleId)
      .filter(({ view }) => view.openedAt >= this.fromMs && view.openedAt < this.untilMs)
      .sort(({ view: a }, { view: b }) => a.openedAt - b.openedAt || a.groupLo - b.groupLo || a.groupHi - b.groupHi);
  }

  /** Those that began before it, too. */
  of(ruleId: string): PassChange[] {
    return [...this.latest.values()].filter(({ rule, view }) => rule.info.id === ruleId && view.state !== 'merged');
  }

  private isDetailed({ rule, view }: PassChange, key: string): boolean {
    if (this.detailedMax === 0 || view.openedAt < this.fromMs) return false;
    let keys = this.detailed.get(rule.info.id);
    if (keys === undefined) this.detailed.set(rule.info.id, (keys = new Set()));
    return keys.has(key) || (keys.size < this.detailedMax && keys.add(key) !== undefined);
  }
}

export const idOf = ({ rule, view }: PassChange): string =>
  alertId(rule.info.id, view.groupLo, view.groupHi, view.anchor);

export const groupKey = ({ groupLo, groupHi }: { groupLo: number; groupHi: number }): string => `${groupLo}/${groupHi}`;
