import { expect, test } from 'vitest';
import { compileRules, type RuleFile } from '#libs/sigma';
import { ExceptionError } from './errors.js';
import { proposeException } from './exception.js';
import { fixtureFiles, scenarioOf } from './scenario.js';
import type { FixtureOf } from './scenario-shape.js';

const limits = { latenessMs: 60_000, groupsMax: 1000 };
const failures = `title: Failures
name: failures
logsource: {product: weir, service: login}
detection: {s: {outcome: failure}, condition: s}
---
`;
const counting = (name: string, rules: string, group: string, gte: number): string => `title: ${name}
name: ${name}
correlation: {type: event_count, rules: ${rules}, group-by: ${group}, timespan: 60s, condition: {gte: ${gte}}}
`;

type Event = [type: string, data: object];
let ids = 0;
const lineOf = ([type, data]: Event, second: number): string =>
  JSON.stringify({
    specversion: '1.0',
    id: `e${ids++}`,
    source: 's',
    type,
    time: new Date(Date.UTC(2026, 0, 15, 10, 0, second)).toISOString(),
    data,
  });

/** Of rules and the events of an alert that one of them raised. */
async function propose(rules: string, rule: string, group: Record<string, string>, events: Event[]) {
  const files: RuleFile[] = [{ file: 'rules.yml', text: rules }];
  expect(compileRules(files).problems).toEqual([]);
  const about: FixtureOf = {
    alert: 'a1',
    verdict: 'false-positive',
    rule: { id: rule, name: rule, version: 1 },
    group,
  };
  const { fixture, ...scenario } = scenarioOf('a1', fixtureFiles(rules, events.map(lineOf), [], about));
  const proposal = await proposeException(files, { ...scenario, fixture: fixture! }, limits);
  for (const { text } of proposal.candidates) {
    expect(compileRules([...files, { file: 'exception.yml', text }]).problems).toEqual([]);
  }
  return proposal.candidates.map(({ selections, events: out, tested }) => {
    return {
      events: out,
      passed: tested.passed,
      ...Object.fromEntries(selections.map(({ rule: of, fields }) => [of, fields])),
    };
  });
}
const login = (data: object): Event => ['login', { outcome: 'failure', ip: '192.0.2.7', ...data }];
const guessing = failures + counting('guessing', '[failures]', '[ip]', 2);

test('the group always, and from candidate to candidate fewer of the texts that all events share', async () => {
  const events = [1, 2, 3].map((n) =>
    login({ user: 'nagios', host: 'web-1', reason: `attempt ${n}`, method: 'password' }),
  );
  expect(await propose(guessing, 'guessing', { ip: '192.0.2.7' }, events)).toEqual([
    { events: 3, passed: true, failures: { ip: '192.0.2.7', user: 'nagios', host: 'web-1', method: 'password' } },
    { events: 3, passed: true, failures: { ip: '192.0.2.7', user: 'nagios', host: 'web-1' } },
    { events: 3, passed: true, failures: { ip: '192.0.2.7', user: 'nagios' } },
    { events: 3, passed: true, failures: { ip: '192.0.2.7' } },
  ]);
});

test('values stand for themselves: signs of patterns, quotes, what YAML takes for another type', async () => {
  const users = ['a*b?c\\d', '\\', '"quoted\': #', 'null', '1e3', '0x10', '- [x', ' blank ', 'ÄÖ', '*'];
  for (const user of users) {
    const [narrow] = await propose(guessing, 'guessing', { ip: '192.0.2.7' }, [login({ user }), login({ user })]);
    expect(narrow).toEqual({ events: 2, passed: true, failures: { ip: '192.0.2.7', user } });
  }
});

test('whatever a group is called, what is proposed compiles, or nothing is', async () => {
  const byUser = failures + counting('guessing', '[failures]', '[user]', 2);
  for (const user of [
    'a\nb',
    '\u0000',
    '\u202e',
    '\ud800',
    'x'.repeat(5000),
    '😀'.repeat(150),
    ': - #',
    "it's",
    '\t',
  ]) {
    const candidates = await propose(byUser, 'guessing', { user }, [login({ user }), login({ user })]);
    expect(candidates.map((candidate) => Reflect.get(candidate, 'failures') as object)).toEqual([
      { user, ip: '192.0.2.7' },
      { user },
    ]);
    expect(candidates.every(({ events, passed }) => events === 2 && passed)).toBe(true);
  }
});

test('fields have the names of the log source, and numbers stay numbers', async () => {
  const rules = `title: Missing
name: missing
logsource: {category: webserver}
detection: {s: {sc-status: 404}, condition: s}
---
${counting('probing', '[missing]', '[c-ip, sc-status]', 2)}`;
  const call: Event = ['api.call', { client: 'c1', ip: '192.0.2.7', status: 404, path: '/a', userAgent: 'Nessus' }];
  const candidates = await propose(rules, 'probing', { 'c-ip': '192.0.2.7', 'sc-status': '404' }, [call, call]);
  const group = { 'c-ip': '192.0.2.7', 'sc-status': 404 };
  expect(candidates.map((candidate) => Reflect.get(candidate, 'missing') as object)).toEqual([
    { ...group, 'cs-user-agent': 'Nessus', 'cs-uri-stem': '/a' },
    { ...group, 'cs-user-agent': 'Nessus' },
    group,
  ]);
  expect(candidates.every(({ passed }) => passed)).toBe(true);
});

test('fields have the names that a mapping gives them, wherever it says they are', async () => {
  const rules = `mapping:
  logsource: {product: okta}
  type: log
  fields: {eventtype: attributes.event.type}
  below: attributes.debug
---
title: Okta
name: okta
logsource: {product: okta, service: okta}
detection: {s: {eventtype: a}, condition: s}
---
${counting('many', '[okta]', '[risk]', 2)}`;
  const attributes = { event: { type: 'a' }, debug: { risk: 'high', client: { app: 'Nessus' } }, other: 'elsewhere' };
  const log: Event = ['log', { service: 's', body: 'm', attributes }];
  const [narrow, , widest] = await propose(rules, 'many', { risk: 'high' }, [log, log]);
  expect(narrow).toEqual({
    events: 2,
    passed: true,
    okta: { risk: 'high', 'client.app': 'Nessus', eventtype: 'a' },
  });
  expect(widest).toEqual({ events: 2, passed: true, okta: { risk: 'high' } });
});

test('of a list the element that is the group is asked for', async () => {
  const rules = `title: Mail
name: mails
logsource: {category: mail}
detection: {s: {action: accept}, condition: s}
---
${counting('flood', '[mails]', '[recipients]', 2)}`;
  const mail = (other: string): Event => [
    'mail.receipt',
    { action: 'accept', sender: `${other}@x`, recipients: [other, 'desk@y'] },
  ];
  expect(await propose(rules, 'flood', { recipients: 'desk@y' }, [mail('a'), mail('b')])).toEqual([
    { events: 2, passed: true, mails: { recipients: 'desk@y' } },
  ]);
});

test('several detections, of several log sources and in a chain, have a filter each', async () => {
  const rules = `${failures}title: Successes
name: successes
logsource: {category: authentication}
detection: {s: {outcome: success}, condition: s}
---
${counting('guessing', '[failures]', '[ip]', 2)}---
title: Guessed
name: guessed
correlation: {type: temporal_ordered, rules: [guessing, successes], group-by: [ip], timespan: 60s}
`;
  const events = [login({ user: 'a' }), login({ user: 'b' }), login({ user: 'b', outcome: 'success' })];
  expect(await propose(rules, 'guessed', { ip: '192.0.2.7' }, events)).toEqual([
    { events: 3, passed: true, failures: { ip: '192.0.2.7' }, successes: { ip: '192.0.2.7', user: 'b' } },
    { events: 3, passed: true, failures: { ip: '192.0.2.7' }, successes: { ip: '192.0.2.7' } },
  ]);
});

test('a lone detection goes by who is behind its events; where rules have no name for that, by what they share', async () => {
  const [lone] = await propose(failures.replace('---\n', ''), 'failures', { ip: '192.0.2.7' }, [login({})]);
  expect(lone).toEqual({ events: 1, passed: true, failures: { ip: '192.0.2.7' } });
  const rules =
    'title: Missing\nname: missing\nlogsource: {category: webserver}\ndetection: {s: {sc-status: 404}, condition: s}\n';
  const call = (path: string): Event => ['api.call', { client: 'c1', status: 404, ip: '192.0.2.7', path }];
  expect(await propose(rules, 'missing', { client: 'c1' }, [call('/a'), call('/b')])).toEqual([
    { events: 2, passed: true, missing: { 'c-ip': '192.0.2.7' } },
  ]);
  const bare: Event = ['api.call', { client: 'c1', status: 404 }];
  await expect(propose(rules, 'missing', { client: 'c1' }, [bare])).rejects.toThrow(
    expect.objectContaining({ name: 'ExceptionError', code: 'EXCEPTION_IMPOSSIBLE' }),
  );
});

test('a lone detection goes by the source of events that do not say who acted, where rules may name that', async () => {
  const text = (source: string) =>
    `title: Odd\nname: odd\nlogsource: {${source}}\ndetection: {s: {body: odd}, condition: s}\n`;
  const line: Event = ['log', { service: 'idm', body: 'odd' }];
  expect(await propose(text('product: weir, service: log'), 'odd', { $source: 's' }, [line])).toEqual(
    [{ service: 'idm' }, {}].map((shared) => {
      return { events: 1, passed: true, odd: { $source: 's', ...shared } };
    }),
  );
});

test('a rule that is gone, counts others, or no longer alerts needs no exception', async () => {
  const events = [login({}), login({})];
  const group = { ip: '192.0.2.7' };
  const needless = expect.objectContaining({ code: 'EXCEPTION_NEEDLESS' });
  const files = [{ file: 'rules.yml', text: guessing.replace('gte', 'least') }];
  const about = {
    alert: 'a1',
    verdict: 'false-positive',
    rule: { id: 'guessing', name: 'guessing', version: 1 },
    group,
  } as const;
  const scenario = scenarioOf('a1', fixtureFiles(guessing, events.map(lineOf), [], about));
  await expect(proposeException(files, { ...scenario, fixture: about }, limits)).rejects.toThrow(
    expect.objectContaining({ code: 'EXCEPTION_IMPOSSIBLE', message: expect.stringContaining('least') }),
  );
  const amended = counting('guessing', '[failures]', '[ip]', 3);
  await expect(propose(guessing, 'gone', group, events)).rejects.toThrow(ExceptionError);
  await expect(propose(failures.replace('failure}', 'success}') + amended, 'guessing', group, events)).rejects.toThrow(
    needless,
  );
  await expect(propose(failures + amended, 'guessing', group, events)).rejects.toThrow(needless);
});
