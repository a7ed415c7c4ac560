import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOfRecords, type LogRecord } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { groupValues } from './group-values.js';
import { Matcher } from './matcher.js';
import { type DetectionPlan, planRules } from './plan.js';
import type { RuleChange } from './plan-change.js';
import { type EpisodeChange, WindowPartition } from './window-partition.js';
import { decodeSnapshot, encodeSnapshot } from './window-snapshot.js';

const failed =
  'title: F\nname: failed\nlogsource: {product: weir, service: login}\ndetection: {a: {outcome: failure}, condition: a}\n';
const counted = (condition: string, more = '', by = 'ip') =>
  `title: C\nname: counted\n${more}\ncorrelation: {type: event_count, rules: [failed], group-by: [${by}], timespan: 10s, condition: ${condition}}\n`;
const limits = { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 10_000, groupsMax: 1000 };
const start = Date.UTC(2026, 0, 1);

function planOf(...documents: string[]): DetectionPlan {
  const compiled = compileRules([{ file: 'rules.yml', text: documents.join('---\n') }]);
  expect(compiled.problems).toEqual([]);
  return planRules(compiled, { latenessMs: 5000, groupsMax: 1000 });
}

interface Step {
  second: number;
  ip: number;
}
const lineOf = ({ second, ip }: Step, id: number) => {
  const time = new Date(start + second * 1000).toISOString();
  const data = { outcome: 'failure', ip: `192.0.2.${ip}`, user: 'u', service: 'sshd' };
  return Buffer.from(JSON.stringify({ specversion: '1.0', id: `${id}`, source: 's', type: 'login', time, data }));
};

/** A partition and the matcher that feeds it; the plan can be changed on the way. */
class Stages {
  private readonly matcher: Matcher;
  readonly latest = new Map<string, EpisodeChange>();
  constructor(
    plan: DetectionPlan,
    readonly windows = new WindowPartition(0, plan, limits),
    private read = 0,
  ) {
    this.matcher = new Matcher(plan, limits);
  }
  apply(step: Step): EpisodeChange[] {
    const record = { time: start + step.second * 1000, recordedAt: start + 90_000 + this.read };
    const batch = batchOfRecords('login', 0, this.read, [{ ...record, value: lineOf(step, this.read++) }]);
    return this.write(this.matcher.match([batch], record.recordedAt).matches);
  }
  /** Sends the first events of this run once more; how many of them were known. */
  repeat(step: Step, events: number): number {
    const before = this.matcher.counters.duplicates;
    for (let id = 0; id < events; id++) {
      const record = { time: start + step.second * 1000, recordedAt: start + 90_000 + this.read };
      const batch = batchOfRecords('login', 0, this.read++, [{ ...record, value: lineOf(step, id) }]);
      this.matcher.match([batch], record.recordedAt);
    }
    return this.matcher.counters.duplicates - before;
  }
  /** Time passes. */
  mark(): EpisodeChange[] {
    return this.write(this.matcher.marks(start + 90_000 + this.read));
  }
  change(plan: DetectionPlan): string[] {
    const changes = this.windows.changePlan(plan);
    this.matcher.changePlan(plan);
    return changes.map(({ rule, kind, reason }) => `${rule.name}, ${kind}: ${reason}`);
  }
  private write(records: readonly LogRecord[]): EpisodeChange[] {
    return records.flatMap((record) => {
      const changes = this.windows.apply(
        batchOfRecords('weir.matches', 0, this.windows.position, [{ ...record, recordedAt: start }]),
      );
      for (const change of changes) this.latest.set(`${change.view.groupLo}/${change.view.anchor}`, change);
      return changes;
    });
  }
}

const said = (changes: readonly EpisodeChange[]) => changes.map(({ rule, view }) => [rule.key, view]);
const stepsArb = fc.array(fc.record({ second: fc.nat(60), ip: fc.nat(1) }), {
  minLength: 1,
  maxLength: 30,
});
const conditions = ['{gte: 2}', '{gte: 4}', '{gte: 2, lte: 3}', '{eq: 3}'];

describe('Changing the plan', () => {
  it('says nothing and changes nothing where rules differ only in what is said of them', () => {
    fc.assert(
      fc.property(stepsArb, fc.nat(20), fc.constantFrom(...conditions), (steps, cut, condition) => {
        const calm = new Stages(planOf(failed, counted(condition)));
        const changed = new Stages(planOf(failed, counted(condition)));
        for (const [i, step] of steps.entries()) {
          const other = planOf(
            failed.replace('title: F', 'title: Other'),
            counted(condition, 'level: high').replace('title: C', 'title: Other'),
          );
          if (i === cut) expect(changed.change(other)).toEqual([]);
          expect(said(changed.apply(step))).toEqual(said(calm.apply(step)));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('lets a window go on under another condition; as a snapshot does that is read under another plan', () => {
    const conditionArb = fc.constantFrom(...conditions);
    fc.assert(
      fc.property(stepsArb, fc.nat(20), conditionArb, conditionArb, (steps, cut, before, after) => {
        const [one, other] = [planOf(failed, counted(before)), planOf(failed, counted(after))];
        const live = new Stages(one);
        for (const step of steps.slice(0, cut)) live.apply(step);
        const restored = new Stages(other, new WindowPartition(0, other, limits));
        expect(decodeSnapshot(Buffer.concat(encodeSnapshot(live.windows)), restored.windows, other, [])).toBe(true);
        live.change(other);
        const again = new Stages(other, restored.windows, Math.min(cut, steps.length));
        for (const step of steps.slice(cut)) expect(said(live.apply(step))).toEqual(said(again.apply(step)));
      }),
      { numRuns: 200 },
    );
  });

  it('counts on from what was counted: what opens afterwards is what would have opened all along', () => {
    fc.assert(
      fc.property(stepsArb, fc.nat(20), fc.constantFrom(...conditions), (steps, cut, condition) => {
        const inOrder = steps.toSorted((a, b) => a.second - b.second);
        const plan = planOf(failed, counted(condition));
        const always = new Stages(plan);
        const changed = new Stages(planOf(failed, counted('{gte: 1000}')));
        for (const [i, step] of inOrder.entries()) {
          if (i === cut) changed.change(plan);
          always.apply(step);
          changed.apply(step);
        }
        const changedAt = start + (inOrder[cut]?.second ?? Infinity) * 1000;
        const opened = ({ latest }: Stages) =>
          [...latest.values()]
            .filter(({ view }) => view.openedAt > changedAt && view.state !== 'merged')
            .map(({ view: { groupLo, openedAt, firstSeen, peak, events } }) => ({
              ...{ groupLo, openedAt, firstSeen, peak, events },
            }));
        const known = opened(changed);
        for (const alert of opened(always)) expect(known).toContainEqual(alert);
      }),
      { numRuns: 200 },
    );
  });

  it('closes the alerts of what is removed or reset with the next record, and names their groups', () => {
    const plan = planOf(failed, counted('{gte: 2}'));
    for (const [other, told] of [
      [planOf(failed), 'counted, removed: The rule is gone; its open alerts are closed'],
      [
        planOf(failed, counted('{gte: 2}', '', 'user')),
        'counted, reset: Changed: what it groups by; it counts from zero, and its open alerts are closed',
      ],
    ] as const) {
      const stages = new Stages(plan);
      stages.apply({ second: 1, ip: 7 });
      const [opened] = stages.apply({ second: 2, ip: 7 });
      expect(stages.change(other)).toContain(told);
      const closed = stages.mark().find(({ rule }) => rule.info.name === 'counted')!;
      expect(closed.view).toMatchObject({ state: 'closed', anchor: opened.view.anchor, isNew: false });
      expect(closed.position.offset).toBeGreaterThan(opened.position.offset);
      const line = lineOf({ second: 1, ip: 7 }, 0);
      const { groupLo, groupHi } = closed.view;
      expect(groupValues(closed.plan, closed.rule, groupLo, groupHi, 'login', line)).toEqual({ ip: '192.0.2.7' });
      // It counts from zero, and nothing of it is said again.
      expect(stages.apply({ second: 3, ip: 7 }).map(({ rule }) => rule.info.name)).not.toContain('counted');
    }
  });

  it('counts for a new rule what a run would that had it from there on, and nothing twice', () => {
    fc.assert(
      fc.property(stepsArb, fc.nat(20), fc.constantFrom(...conditions), (steps, cut, condition) => {
        const plan = planOf(failed, counted(condition));
        const changed = new Stages(planOf(failed));
        for (const step of steps.slice(0, cut)) changed.apply(step);
        changed.change(plan);
        const from = Math.min(cut, steps.length);
        const fresh = new Stages(plan, new WindowPartition(0, plan, limits), from);
        const ofRule = (changes: readonly EpisodeChange[]) =>
          said(changes.filter(({ rule }) => rule.key === 'counted'));
        for (const step of steps.slice(cut)) expect(ofRule(changed.apply(step))).toEqual(ofRule(fresh.apply(step)));
        // What was read before the change is still known after it.
        expect(changed.repeat({ second: 1, ip: 0 }, from)).toBe(from);
      }),
      { numRuns: 200 },
    );
  });

  describe('of a chain', () => {
    const inner = (least: number) =>
      `title: I\nname: inner\ncorrelation: {type: event_count, rules: [failed], group-by: [ip], timespan: 5s, condition: {gte: ${least}}}\n`;
    const outer = (least: number, timespan = '60s') =>
      `title: O\nname: outer\ncorrelation: {type: event_count, rules: [inner], group-by: [ip], timespan: ${timespan}, condition: {gte: ${least}}}\n`;
    const chain = (innerLeast: number, outerLeast: number, timespan?: string) =>
      planOf(failed, inner(innerLeast), outer(outerLeast, timespan));
    /** Pairs of events, twenty seconds apart. */
    const pairs = Array.from({ length: 8 }, (_, i) => ({ second: 20 * (i >> 1) + (i & 1), ip: 1 }));

    it('goes on where the outermost condition alone is another', () => {
      const always = new Stages(chain(2, 3));
      const changed = new Stages(chain(2, 9));
      for (const [i, step] of pairs.entries()) {
        if (i === 3) {
          expect(changed.change(chain(2, 3))).toEqual([
            'outer, kept: Changed: its condition; what it has counted is kept',
          ]);
        }
        always.apply(step);
        changed.apply(step);
      }
      const opened = ({ latest }: Stages) => [...latest.values()].map(({ rule, view }) => [rule.key, view.openedAt]);
      expect(opened(changed)).toEqual([['outer', start + 41_000]]);
      expect(opened(always)).toEqual(opened(changed));
    });

    it.each([
      ['which events it counts', chain(3, 2)],
      ['its timespan', chain(2, 2, '61s')],
    ])('starts afresh as a whole where %s is another, and tells of the outermost rule only', (what, other) => {
      const told = `outer, reset: Changed: ${what}; it counts from zero, and its open alerts are closed`;
      const live = new Stages(chain(2, 2));
      for (const step of pairs.slice(0, 5)) live.apply(step);
      const bytes = Buffer.concat(encodeSnapshot(live.windows));
      expect(live.change(other)).toEqual([told]);
      expect(live.mark().map(({ rule, view }) => [rule.info.name, view.state])).toEqual([['outer', 'closed']]);
      expect([...live.windows.stores.keys()].every((rule) => [...other.byHash.values()].includes(rule))).toBe(true);

      const restored = new WindowPartition(0, other, limits);
      const changes: RuleChange[] = [];
      expect(decodeSnapshot(bytes, restored, other, changes)).toBe(true);
      expect(changes.map(({ rule, kind, reason }) => `${rule.name}, ${kind}: ${reason}`)).toEqual([told]);
    });
  });

  it('says which rules are new', () => {
    const stages = new Stages(planOf(failed));
    expect(stages.change(planOf(failed, counted('{gte: 2}')))).toEqual([
      'failed, removed: The rule is gone; its open alerts are closed',
      'counted, added: New; it counts what comes from now on',
    ]);
  });
});
