import { describe, expect, it } from 'vitest';
import { eventTypeOf, eventTypes } from './catalogue.js';

/** One example a type, with only what it must have; its partition key; who did it. */
const examples: Record<string, { data: Record<string, unknown>; key: string; actor?: string }> = {
  'api.call': { data: { client: 'c' }, key: 'c', actor: 'c' },
  'page.view': { data: { actor: 'a' }, key: 'a', actor: 'a' },
  search: { data: { actor: 'a', query: '' }, key: 'a', actor: 'a' },
  login: { data: { outcome: 'failure', ip: '192.0.2.7', user: '' }, key: '192.0.2.7', actor: '192.0.2.7' },
  'mail.receipt': { data: { sender: 'a@example.com', recipients: [] }, key: 'a@example.com', actor: 'a@example.com' },
  share: { data: { actor: 'a', object: { id: 'o' } }, key: 'a', actor: 'a' },
  relation: { data: { actor: 'a', kind: 'mute', target: 'b', state: 'on' }, key: 'a', actor: 'a' },
  feedback: { data: { actor: 'a', item: 'o', kind: 'seen' }, key: 'a', actor: 'a' },
  'contest.entry': { data: { contest: 'c', entry: 'e' }, key: 'c' },
  exposure: { data: { contest: 'c', voter: 'v', shown: ['e'] }, key: 'c\nv', actor: 'v' },
  vote: { data: { contest: 'c', voter: 'v', entry: 'e' }, key: 'c\nv', actor: 'v' },
  retract: { data: { actor: 'a', ref: { source: 's', id: '1' } }, key: 'a', actor: 'a' },
  metric: { data: { service: 's', name: 'n', value: 1, attributes: { b: 1, a: 2 } }, key: 's\n\nn\n[["a",2],["b",1]]' },
  log: { data: { service: 's', body: '' }, key: 's\n' },
  alert: {
    data: {
      id: 'a1',
      rule: { id: 'r', name: 'brute', title: 'Brute force', version: 1 },
      severity: 'high',
      state: 'open',
      mergedInto: null,
      group: { ip: '192.0.2.7', user: 'root' },
      timespan: '60s',
      condition: { gte: 5 },
      firstSeen: '2026-01-15T10:00:00.000Z',
      openedAt: '2026-01-15T10:00:10.000Z',
      lastSeen: '2026-01-15T10:00:10.000Z',
      closedAt: null,
      value: 5,
      peak: 5,
      events: 5,
      expected: null,
      shadow: false,
      revision: 1,
      position: { partition: 0, offset: 4 },
      evidence: [{ topic: 'login', partition: 3, offset: 7, time: '2026-01-15T10:00:00.000Z' }],
    },
    key: 'r\n192.0.2.7\nroot',
  },
};

describe('event types', () => {
  it('are found by name, and each has its own topic', () => {
    expect(eventTypes.map(({ name }) => name)).toEqual(Object.keys(examples));
    expect(new Set(eventTypes.map(({ topic }) => topic)).size).toBe(eventTypes.length);
    expect(eventTypeOf('no.such')).toBeUndefined();
    expect(eventTypes.filter(({ internal }) => internal).map(({ name }) => name)).toEqual(['alert']);
  });

  it.each(Object.entries(examples))(
    '%s: accepts its example and needs each of its fields',
    (name, { data, key, actor }) => {
      const type = eventTypeOf(name)!;
      expect(type.accepts(data), type.problem(data).reason).toBe(true);
      expect(type.key(data)).toBe(key);
      expect(type.actor(data)).toBe(actor);
      const optional = ['user', 'attributes'];
      for (const field of Object.keys(data).filter((each) => !optional.includes(each))) {
        const { [field]: _, ...rest } = data;
        expect(type.accepts(rest), `${name} without ${field}`).toBe(false);
      }
    },
  );

  it('a vote is for one entry, between two, or a ranking', () => {
    const vote = eventTypeOf('vote')!;
    const accepts = (ballot: object) => vote.accepts({ contest: 'c', voter: 'v', ...ballot });
    expect(accepts({ entry: 'e', value: 5 })).toBe(true);
    expect(accepts({ winner: 'a', loser: 'b' })).toBe(true);
    expect(accepts({ ranking: ['a', 'b'] })).toBe(true);
    expect(accepts({ winner: 'a' })).toBe(false);
    expect(accepts({ entry: 'e', ranking: ['a'] })).toBe(false);
    expect(vote.problem({ contest: 'c', voter: 'v' }).reason).toMatch(/^data must hold exactly one of/);
  });
});
