import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compileRules } from '#libs/sigma';
import { fixtureFiles, readScenarios, scenarioOf, writeScenario } from './scenario.js';
import type { FixtureOf, ScenarioAlert } from './scenario-shape.js';
import { scenarioTester } from './test-scenario.js';

const folder = mkdtempSync(join(tmpdir(), 'weir-scenarios-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rules = (least: number, outcome = 'failure') => `title: Failures
name: failures
logsource: {product: weir, service: login}
detection: {s: {outcome: ${outcome}}, condition: s}
---
title: Guessing
name: guessing
correlation: {type: event_count, rules: [failures], group-by: [ip], timespan: 60s, condition: {gte: ${least}}}
`;
const line = (second: number, ip = '192.0.2.7') =>
  JSON.stringify({
    specversion: '1.0',
    id: `${second} ${ip}`,
    source: 's',
    type: 'login',
    time: `2026-01-15T10:00:0${second}Z`,
    data: { outcome: 'failure', ip },
  });
const lines = [1, 2, 3, 4].map((second) => line(second));
const group = { ip: '192.0.2.7' };
const right: ScenarioAlert = {
  rule: 'guessing',
  group,
  openedAt: '2026-01-15T10:00:03.000Z',
  firstSeen: '2026-01-15T10:00:01.000Z',
  lastSeen: '2026-01-15T10:00:04.000Z',
  value: 4,
  peak: 4,
  events: 4,
};
const fixture = (verdict: FixtureOf['verdict']): FixtureOf => ({
  alert: 'a1',
  verdict,
  rule: { id: 'guessing', name: 'guessing', version: 1 },
  group,
});
const limits = { latenessMs: 60_000, groupsMax: 1000 };
const under = (text: string) => scenarioTester(compileRules([{ file: 'rules.yml', text }]), limits);

/** What `weir rules test` says, case by case. */
test('what tests say', async () => {
  const wrong = scenarioOf('wrong', fixtureFiles(rules(3), lines, [], fixture('false-positive')));
  const wanted = scenarioOf('wanted', fixtureFiles(rules(3), lines, [right], fixture('true-positive')));
  const own = (alerts: object[], text = rules(3)) =>
    scenarioOf('own', { 'rule.yml': text, 'log.ndjson': lines.join('\n'), 'alerts.json': JSON.stringify(alerts) });
  const cases = {
    'a false positive under the rule as it was': under(rules(3))(wrong),
    'a false positive under a rule that was amended': under(rules(5))(wrong),
    'a true positive under the rule as it was': under(rules(3))(wanted),
    'a true positive under a rule that opens earlier': under(rules(2))(wanted),
    'a true positive under a rule that no longer alerts': under(rules(5))(wanted),
    'a fixture of a rule that is gone': under(rules(3).replaceAll('guessing', 'other'))(wrong),
    'a fixture of a rule that is refused': under(rules(3).replace('gte', 'least'))(wrong),
    'a scenario with its own rules, that is right': under(rules(99))(own([right])),
    'a scenario that is not': under(rules(3))(
      own([
        { ...right, peak: 5 },
        { ...right, group: { ip: '192.0.2.8' } },
      ]),
    ),
    'a scenario with an alert too many': under(rules(3))(own([])),
    'a scenario whose rules are refused': under(rules(3))(own([], rules(3).replace('gte', 'least'))),
  };
  const said = Object.entries(cases).map(([name, { passed, said }]) =>
    [`# ${name}`, passed ? 'passed' : 'failed', ...said.map((reason) => `  ${reason}`)].join('\n'),
  );
  await expect(`${said.join('\n\n')}\n`).toMatchFileSnapshot('golden/tests.txt');
});

test('of other groups and rules in the same events a fixture says nothing', () => {
  const others = [...lines, ...[1, 2, 3].map((second) => line(second, '192.0.2.9'))];
  const other: FixtureOf = { ...fixture('false-positive'), group: { ip: '192.0.2.1' } };
  expect(under(rules(3))(scenarioOf('s', fixtureFiles(rules(3), others, [], other)))).toMatchObject({ passed: true });
});

test('what is written is read again', () => {
  writeScenario(join(folder, 'b'), fixtureFiles(rules(3), lines, [right], fixture('true-positive')));
  writeScenario(join(folder, 'a'), { 'log.ndjson': line(1), 'alerts.json': '[]' });
  const [a, b] = readScenarios(folder);
  expect([a.name, a.rules, a.fixture, a.inputs.length]).toEqual(['a', null, null, 1]);
  expect([b.alerts, b.fixture, b.inputs.length]).toEqual([[right], fixture('true-positive'), 4]);
  expect(readScenarios(join(folder, 'b'))).toEqual([b]);
});

test('what can’t be read says where', () => {
  writeFileSync(join(folder, 'a', 'log.ndjson'), `${line(1)}\n\n{"specversion":\n`);
  const at = join(folder, 'a', 'log.ndjson');
  expect(() => readScenarios(folder)).toThrow(
    expect.objectContaining({ code: 'SCENARIO_UNREADABLE', facts: { file: at, line: 3 } }),
  );
  writeFileSync(at, '\n');
  expect(() => readScenarios(folder)).toThrow(`${at} can't be read: it holds no events.`);
  writeFileSync(at, line(1));
  writeFileSync(join(folder, 'a', 'alerts.json'), '[');
  expect(() => readScenarios(folder)).toThrow(/alerts\.json can't be read: Unexpected end of JSON input/);
  const { peak, ...lacking } = right;
  writeFileSync(join(folder, 'a', 'alerts.json'), JSON.stringify([lacking]));
  expect(() => readScenarios(folder)).toThrow(/alerts\.json can't be read: 0 must have required properties peak/);
  writeFileSync(join(folder, 'a', 'alerts.json'), '[]');
  writeFileSync(join(folder, 'a', 'fixture.json'), JSON.stringify(fixture('true-positive')));
  expect(() => readScenarios(folder)).toThrow(/alerts\.json can't be read: of a true positive it must hold the alert/);
});
