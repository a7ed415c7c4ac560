import { describe, expect, it } from 'vitest';
import { compileRules, formatProblem, type ValueCount } from './index.js';

const failed = `title: Failed login
id: 53ba33fd-3a50-4468-a5ef-c583635cfa92
name: failed
level: low
logsource: {product: weir, service: login}
detection: {s: {outcome: failure}, condition: s}
`;
const refused = `title: Refused request
name: refused
level: high
logsource: {category: webserver}
detection: {s: {sc-status: 401}, condition: s}
`;

function correlation(lines: string, more = ''): string {
  return `title: Many\nname: many\n${more}correlation:\n${lines.replace(/^/gm, '  ')}\n`;
}

function compile(...documents: string[]) {
  const set = compileRules(documents.map((text, n) => ({ file: `rules/${n}.yml`, text })));
  expect(set.problems.map(formatProblem)).toEqual([]);
  return set;
}

const counting = 'type: event_count\nrules: [failed]\ngroup-by: [ip]\ntimespan: 60s\ncondition: {gte: 5}';

describe('correlations', () => {
  it('count the events of rules in other files, by name or by id, before or after', () => {
    const byId = counting.replace('failed', '53ba33fd-3a50-4468-a5ef-c583635cfa92').replace('gte: 5', 'gt: 4');
    const { correlations, detections, fields } = compile(correlation(byId), failed);
    expect(correlations).toHaveLength(1);
    expect(correlations[0]).toMatchObject({
      kind: 'event_count',
      detections,
      timespanMs: 60_000,
      timespan: '60s',
      condition: { gt: 4 },
      threshold: 5,
      quietMs: 60_000,
    });
    expect(correlations[0]!.groupBy.map(({ name, slots }) => [name, fields.paths[slots.get(detections[0]!)!]])).toEqual(
      [['ip', 'data.ip']],
    );
  });

  it('count values, over log sources with the field in different places', () => {
    const lines =
      'type: value_count\nrules: [failed, asked]\ngroup-by: [src_ip, user]\ntimespan: 2h\ncondition: {field: host, gte: 3}';
    const asked = failed
      .replace(/^id:.*$/m, '')
      .replace('name: failed', 'name: asked')
      .replace('{product: weir, service: login}', '{category: authentication}');
    const other = failed.replace('{product: weir, service: login}', '{product: linux, service: sshd}');
    const { correlations, detections, fields } = compile(other, asked, correlation(lines));
    const [rule] = correlations;
    expect(rule).toMatchObject({
      kind: 'value_count',
      values: [{ name: 'host' }],
      threshold: 3,
      timespanMs: 7_200_000,
    });
    for (const detection of detections) {
      expect(fields.paths[(rule as ValueCount).values[0]!.slots.get(detection)!]).toBe('data.host');
      expect(rule!.groupBy.map(({ slots }) => fields.paths[slots.get(detection)!])).toEqual(['data.ip', 'data.user']);
    }
  });

  it('take the highest level of their rules unless they have one', () => {
    const both = counting.replace('[failed]', '[failed, refused]').replace('ip', 'user');
    const web = refused.replace('{category: webserver}', '{product: weir, service: api.call}').replace('sc-', '');
    expect(compile(failed, web, correlation(both)).correlations[0]!.info.severity).toBe('high');
    expect(compile(failed, correlation(counting)).correlations[0]!.info.severity).toBe('low');
    expect(compile(failed, correlation(counting, 'level: critical\n')).correlations[0]!.info.severity).toBe('critical');
  });

  it('silence the rules they count unless they generate them', () => {
    const alerting = (...documents: string[]) => compile(...documents).detections.map((d) => d.alerting);
    expect(alerting(failed)).toEqual([true]);
    expect(alerting(failed, correlation(counting))).toEqual([false]);
    expect(alerting(failed, correlation(`${counting}\ngenerate: true`))).toEqual([true]);
    expect(alerting(failed, correlation(`${counting}\ngenerate: false`))).toEqual([false]);
  });

  it('that are refused still silence the rules they would count', () => {
    const set = compileRules([
      { file: 'a.yml', text: `${failed}---\n${correlation(counting.replace('60s', 'soon'))}` },
    ]);
    expect(set.correlations).toEqual([]);
    expect(set.detections.map((d) => d.alerting)).toEqual([false]);
  });
});

describe('what a rule says about itself', () => {
  it('is kept, with the keys that Sigma does not have', () => {
    const header = `id: 0e95725d-7320-415d-80f7-004da920fc11
description: |
  Two
  lines
tags: [attack.t1110]
falsepositives: [none, 5]
level: high
version: 7
owner: Ann
runbook: https://example.org/x
decision: {type: ban, duration: 4h, scope: Ip}
quiet: 10m
`;
    const text = `# first line\n${failed}---\n${correlation(counting, header)}`;
    const { correlations } = compileRules([{ file: 'rules/ssh/x.yml', text }]);
    expect(correlations[0]).toMatchObject({
      quietMs: 600_000,
      info: {
        id: '0e95725d-7320-415d-80f7-004da920fc11',
        name: 'many',
        title: 'Many',
        version: 7,
        severity: 'high',
        description: 'Two\nlines\n',
        tags: ['attack.t1110'],
        falsepositives: ['none', '5'],
        owner: 'Ann',
        runbook: 'https://example.org/x',
        decision: { type: 'ban', duration: '4h', durationMs: 14_400_000, scope: 'Ip' },
        file: 'rules/ssh/x.yml',
        text: correlation(counting, header),
      },
    });
  });

  it('has defaults: the file names the rule, the name identifies it', () => {
    const bare = 'title: Bare\nlogsource: {product: weir, service: log}\ndetection: {s: {body: x}, condition: s}\n';
    const { detections } = compile(`${bare}---\n${bare}`);
    expect(detections.map((d) => d.info)).toMatchObject([
      { id: '0', name: '0', version: 1, severity: 'medium', description: '', tags: [], owner: null, decision: null },
      { id: '0-2', name: '0-2' },
    ]);
  });
});

describe('a set of rules', () => {
  it('keeps slots of rules that run only', () => {
    const good = 'title: G\nlogsource: {product: weir, service: log}\ndetection: {s: {body: x}, condition: s}\n';
    const bad =
      'title: B\nlogsource: {product: weir, service: log}\ndetection: {s: {other: x}, t: {a|re: (}, condition: s}\n';
    const set = compileRules([
      { file: 'bad.yml', text: bad },
      { file: 'good.yml', text: good },
    ]);
    expect(set.fields.paths).toEqual(['data.body']);
    expect(set.detections.map((d) => d.info.name)).toEqual(['good']);
    expect(set.problems).toHaveLength(1);
  });

  it('lets files share their name when ids tell the rules apart', () => {
    const rule = 'title: R\nlogsource: {product: weir, service: log}\ndetection: {s: {body: x}, condition: s}\n';
    const id = 'a48c1c50-2442-4775-87a1-fdce031f12b0';
    const files = [`${rule}`, `id: ${id}\n${rule}`, `name: rule\n${rule}`].map((text, n) => ({
      file: `${n}/rule.yml`,
      text,
    }));
    const { detections, problems } = compileRules(files);
    expect(detections.map((d) => d.info.name)).toEqual([id, 'rule']);
    expect(problems.map(formatProblem)).toEqual([
      '0/rule.yml:1:1: [rule] The name `rule` is taken by the rule at 2/rule.yml:1. Give the rule a `name` of its own.',
    ]);
  });

  it('lists problems by file and place', () => {
    const late = correlation(counting);
    const { problems } = compileRules([
      { file: 'b.yml', text: late },
      { file: 'a.yml', text: refused.replace('sc-status', 'sc-statis') },
      { file: 'c.yml', text: '[' },
    ]);
    expect(problems.map((p) => p.file)).toEqual(['b.yml', 'a.yml', 'c.yml', 'c.yml'].slice(0, problems.length));
  });
});
