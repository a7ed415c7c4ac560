import { describe, expect, test } from 'vitest';
import { attackerCounts } from './attacker-counts.js';
import { attackerKinds } from './attackers.js';
import { planTraffic, type TrafficOptions } from './traffic.js';

const START = Date.UTC(2026, 0, 1);
const everybody = new Map(attackerKinds.map((kind) => [kind.name, 2]));
const options: TrafficOptions = { seed: 42, rate: 50, seconds: 300, start: START, attackers: everybody };
const lines = (given: TrafficOptions) => [...planTraffic(given).events()].map((event) => JSON.stringify(event));

describe('simulated traffic', () => {
  test('the same seed gives the same bytes, another seed others', () => {
    expect(lines(options)).toEqual(lines(options));
    expect(lines({ ...options, seed: 43 })).not.toEqual(lines(options));
  });

  test('events are in order of time and have ids of their own', () => {
    const events = [...planTraffic(options).events()];
    const times = events.map((event) => Date.parse(event.time));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
  });

  test('the truth counts what each attacker sends', () => {
    const traffic = planTraffic(options);
    const events = [...traffic.events()];
    expect(traffic.attackers).toHaveLength(2 * attackerKinds.length);
    for (const attacker of traffic.attackers) {
      const own = events.filter((event) =>
        Object.entries(attacker.group).every(([key, value]) => event.data[key] === value),
      );
      expect(own).toHaveLength(attacker.events);
      expect([own[0].time, own.at(-1)!.time]).toEqual([attacker.firstSeen, attacker.lastSeen]);
    }
    const attacks = traffic.attackers.reduce((sum, attacker) => sum + attacker.events, 0);
    expect(events).toHaveLength(attacks + options.rate * options.seconds);
  });

  test('one attacker more changes nothing about the others', () => {
    const more = new Map(everybody).set('probing', 3);
    const groups = planTraffic({ ...options, attackers: more }).attackers;
    expect(groups).toEqual(expect.arrayContaining(planTraffic(options).attackers));
  });
});

describe('--attackers', () => {
  test('a number is shared out over the kinds', () => {
    const counts = attackerCounts('12') as Map<string, number>;
    expect([...counts.values()].reduce((a, b) => a + b)).toBe(12);
    expect(counts.get('brute-force')).toBe(2);
  });
  test('a list names kinds', () => {
    expect(attackerCounts('probing=3, crawling')).toEqual(
      new Map([
        ['probing', 3],
        ['crawling', 1],
      ]),
    );
  });
  test('what is neither is refused, with the kinds that there are', () => {
    expect(attackerCounts('vandals=3')).toContain('brute-force, web-brute-force');
  });
});
