import { expect, test } from 'vitest';
import type { PlantedAttacker } from '../simulate/traffic.js';
import { type FoundAlert, judge } from './verdict.js';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const attacker = (ip: string): PlantedAttacker => ({
  kind: 'probing',
  group: { ip },
  rules: ['web-path-probing'],
  firstSeen: at(0),
  lastSeen: at(40),
  events: 80,
});
const alert = (rule: string, group: Record<string, string>, second: number): FoundAlert => ({
  id: `${rule} ${second}`,
  rule: { name: rule },
  severity: 'high',
  group,
  openedAt: at(second),
  lastSeen: at(40),
  events: 30,
});

test('found, missed and innocent', () => {
  const alerts = [
    alert('web-crawling', { 'c-ip': '198.18.4.1' }, 3),
    alert('web-path-probing', { 'c-ip': '198.18.4.1' }, 15),
    alert('ssh-bruteforce', { ip: '10.0.0.7' }, 9),
  ];
  const verdict = judge([attacker('198.18.4.1'), attacker('198.18.4.2')], alerts);
  expect(verdict.rows).toEqual([
    { attacker: '198.18.4.1', kind: 'probing', foundBy: ['web-path-probing', 'web-crawling'], afterSeconds: 15 },
    { attacker: '198.18.4.2', kind: 'probing', foundBy: [], afterSeconds: null },
  ]);
  expect(verdict.missed).toBe(1);
  expect(verdict.innocents.map(({ group }) => group)).toEqual([{ ip: '10.0.0.7' }]);
});

test('an attacker that only another rule names is missed', () => {
  expect(judge([attacker('198.18.4.1')], [alert('web-crawling', { ip: '198.18.4.1' }, 3)]).missed).toBe(1);
});

test('who sends a campaign is no innocent', () => {
  const campaign = { ...attacker(''), group: { fingerprint: 'abc' }, accomplices: ['a@b'] };
  expect(judge([campaign], [alert('mail-sender-burst', { sender: 'a@b' }, 3)]).innocents).toEqual([]);
});
