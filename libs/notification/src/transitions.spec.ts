import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '#libs/events';
import { alertOf, targetOf } from '../testing/alerts.js';
import { type Following, follow, type OutboxRow } from './transitions.js';

function follower(changes: Partial<Following> = {}): Following {
  return {
    targets: [targetOf('t')],
    known: new Map(),
    conversations: new Map(),
    heldBack: new Map(),
    changed: new Set(),
    now: 0,
    ...changes,
  };
}

const at = (offset: number, state: Alert['state'], changes: Partial<Alert> = {}): Alert =>
  alertOf({ state, position: { partition: 0, offset }, ...changes });

const said = (rows: readonly OutboxRow[]): string[] => rows.map(({ target, transition }) => `${target} ${transition}`);
const all = (alerts: readonly Alert[], following: Following): string[] =>
  said(alerts.flatMap((alert) => follow(alert, following, false)));

describe('what there is to tell', () => {
  test.each<[string, Alert[], string[]]>([
    ['opens, grows, closes', [at(1, 'open'), at(2, 'open'), at(3, 'closed')], ['t opened', 't closed']],
    ['is over when it is first heard of', [at(1, 'closed')], ['t opened', 't closed']],
    ['opens again', [at(1, 'open'), at(2, 'closed'), at(3, 'open')], ['t opened', 't closed', 't opened']],
    ['is merged while open', [at(1, 'open'), at(2, 'merged')], ['t opened', 't merged']],
    ['is merged when closed', [at(1, 'open'), at(2, 'closed'), at(3, 'merged')], ['t opened', 't closed', 't merged']],
    ['is merged before anybody heard of it', [at(1, 'merged')], []],
    ['is of a rule in shadow', [at(1, 'open', { shadow: true })], []],
    ['was raised afterwards', [at(1, 'open', { retro: true })], []],
    ['comes out of order', [at(2, 'closed'), at(1, 'open')], ['t opened', 't closed']],
  ])('of an alert that %s', (_, alerts, expected) => {
    expect(all(alerts, follower())).toEqual(expected);
  });

  test('what was there before anybody listened is known and not told, also not its end', () => {
    const following = follower();
    expect(follow(at(1, 'open'), following, true)).toEqual([]);
    expect(all([at(2, 'open'), at(3, 'closed')], following)).toEqual([]);
    expect(all([at(4, 'open')], following)).toEqual(['t opened']);
  });

  test('a target that is added later is told nothing of what is open', () => {
    const following = follower({ targets: [] });
    all([at(1, 'open')], following);
    following.targets = [targetOf('new')];
    expect(all([at(2, 'open'), at(3, 'closed')], following)).toEqual([]);
  });

  test('what was held back is told once nothing holds it back, and never if it is over before', () => {
    const following = follower({ heldBack: new Map([['a1', 'silence 1']]) });
    expect(all([at(1, 'open'), at(2, 'open')], following)).toEqual([]);
    expect(all([at(3, 'closed')], following)).toEqual([]);
    expect(all([at(4, 'open')], following)).toEqual([]);
    following.heldBack = new Map();
    expect(all([at(5, 'open'), at(6, 'open'), at(7, 'closed')], following)).toEqual(['t opened', 't closed']);
  });

  test('growth is told where it is asked for, once in so long', () => {
    const following = follower({ targets: [targetOf('t', { updatesSeconds: 60 }), targetOf('quiet')] });
    all([at(1, 'open')], following);
    const updates = [30_000, 60_000, 90_000, 130_000].map((now, i) => {
      following.now = now;
      return all([at(2 + i, 'open')], following);
    });
    expect(updates).toEqual([[], ['t updated'], [], ['t updated']]);
  });
});

test('whatever is repeated, replayed or told at once: each transition once, in order, to those that its opening went to', () => {
  const states = fc.constantFrom<Alert['state']>('open', 'open', 'closed', 'merged');
  const step = fc.record({ id: fc.constantFrom('a', 'b', 'c'), state: states, again: fc.nat({ max: 5 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const alerts = steps.map(({ id, state }, i) =>
        alertOf({ id, state, severity: id === 'c' ? 'low' : 'high', position: { partition: 0, offset: i + 1 } }),
      );
      // After each of them, some of those before come again, as they do after a crash.
      const replayed = steps.flatMap(({ again }, i) => [alerts[i], ...alerts.slice(Math.max(0, i - again), i)]);
      const targets = [targetOf('all'), targetOf('high', { routes: [{ minSeverity: 'high' }] })];
      const following = follower({ targets });
      const rows = replayed.flatMap((alert) => follow(alert, following, false));
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
      const changed = [...following.changed].map(({ target, alertId }) => `${target} ${alertId}`);
      expect(changed).toEqual([...new Set(changed)]);
      for (const id of ['a', 'b', 'c']) {
        const expected = model(alerts.filter((alert) => alert.id === id).map(({ state }) => state));
        const of = (target: string) =>
          rows.filter((row) => row.target === target && row.alertId === id).map(({ transition }) => transition);
        expect(of('all')).toEqual(expected);
        expect(of('high')).toEqual(id === 'c' ? [] : expected);
      }
    }),
  );
});

/** What a person would write down who is told of every state, one after the other. */
function model(states: readonly Alert['state'][]): string[] {
  const told: string[] = [];
  let before: Alert['state'] | 'never' = 'never';
  for (const state of states) {
    if (state === before) continue;
    if (state === 'open') told.push('opened');
    if (state === 'closed' && before === 'never') told.push('opened', 'closed');
    if (state === 'closed' && before === 'open') told.push('closed');
    if (state === 'merged' && (before === 'open' || before === 'closed')) told.push('merged');
    // One that was merged is over: that it is closed as well says nothing new.
    if (!(state === 'closed' && before === 'merged')) before = state;
  }
  return told;
}
