import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyAlerts, applyContests, type Contest, claimPositions, discountedVotes } from '#libs/storage';
import { decodeContest } from '../../apps/project/src/index.js';
import { alertEvent } from '../../libs/storage/testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../libs/storage/testing/test-database.js';
import { attackedContest, type Cast } from './attacks.js';
import { discounted, contest as id, inputOf, liveVotes, suspicions } from './fair-count.js';
import { shippedPlan } from './shipped.js';

let pg: TestDatabase;

beforeEach(async () => {
  pg = await openTestDatabase();
});
afterEach(() => pg.close());

/** The same networks, some as IPv6, and some IPv4 addresses written as IPv6. */
function asSent(cast: Cast, i: number): Cast {
  const [a, b, c, d] = cast.ip.split('.').map(Number);
  const ip = a % 3 === 0 ? `2001:DB8:${a.toString(16)}:${(b * 256 + c).toString(16)}:0:1:0:${d.toString(16)}` : cast.ip;
  return { ...cast, ip: a % 3 === 1 && i % 2 === 0 ? `::ffff:${ip}` : ip };
}

const iso = (ms: number): string | null => (ms === Infinity ? null : new Date(ms).toISOString());

test.each([
  ['approval', false],
  ['pairwise', true],
] as const)(
  'PostgreSQL discounts the votes that the simulation says it does: %s',
  async (mode, paired) => {
    const votes = attackedContest(7).map(asSent);
    const inputs = votes.map((cast, i) => inputOf(cast, i, paired));
    const alerts = suspicions(shippedPlan, inputs);
    const [voteStart, alertStart] = ['vote', 'alert'].map((topic) => ({
      ...{ projection: topic === 'vote' ? 'contests' : 'alerts', topic, partition: 0, offset: 0 },
    }));
    await claimPositions(pg.database, [voteStart, alertStart]);
    const records = inputs.map(({ value }, offset) => {
      const read = decodeContest(value, 'vote');
      if (read.kind !== 'ok') throw new TypeError(read.reason);
      return { offset, event: read.event };
    });
    await applyContests(pg.database, [{ reached: voteStart, records, next: records.length }]);
    const events = alerts.map(({ id, rule: name, group, ...times }, offset) => {
      const alert = alertEvent({
        id,
        group,
        firstSeen: iso(times.firstSeen)!,
        openedAt: iso(times.openedAt)!,
        lastSeen: iso(times.lastSeen)!,
      });
      const said = { ...alert, closedAt: iso(times.closedAt), rule: { ...alert.rule, id: name, name } };
      return { offset, alert: { ...said, position: { partition: 0, offset } } };
    });
    await applyAlerts(pg.database, [{ reached: alertStart, records: events, next: events.length }]);
    const rules = [...new Set(alerts.map(({ rule }) => rule))];
    const asked: Contest = {
      ...{ id, title: id, mode, halfLifeSeconds: 60, closedAt: null, narrowing: null, change: 1, createdAt: 0 },
      discountingRules: rules,
    };
    const found = await discountedVotes(pg.database, asked, { asOf: null, limit: votes.length });
    const right = discounted(liveVotes(votes), alerts);
    const byRule = found.map(({ voter, alerts: why }) => [voter, [...new Set(why.map(({ rule }) => rule))].sort()]);
    expect(new Map(byRule as [string, string[]][])).toEqual(
      new Map([...right].map(([v, why]) => [v, [...why].sort()])),
    );
    // It names an entry only.
    const discounting = rules.filter((rule) => rule !== 'vote-spike');
    expect(new Set([...right.values()].flatMap((why) => [...why]))).toEqual(new Set(discounting));
    expect(discounting).toHaveLength(7);
  },
  120_000,
);
