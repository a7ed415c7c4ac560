import { describe, expect, it } from 'vitest';
import { viewOf } from '../testing/given.js';
import { compileRules, formatProblem } from './index.js';

const rule = (name: string, source = '{product: weir, service: login}') =>
  `title: ${name}\nname: ${name}\nlogsource: ${source}\ndetection: {s: {outcome: failure}, condition: s}\n`;
const filter = (rules: string) => `title: Our scanner
logsource: {product: weir, service: login}
filter:
  rules: ${rules}
  scanner: {ip: 10.0.0.1}
  admin: {user|startswith: adm_}
  condition: 1 of them
`;

function matching(texts: string[], data: Record<string, unknown>): string[] {
  const { detections, fields, problems } = compileRules(texts.map((text, n) => ({ file: `${n}.yml`, text })));
  expect(problems.map(formatProblem)).toEqual([]);
  return detections.filter((d) => d.matches(viewOf({ data }, fields.paths))).map((d) => d.info.name);
}

describe('filters', () => {
  it('keep out what they select, from the rules that they name', () => {
    const texts = [filter('[one]'), rule('one'), rule('two')];
    expect(matching(texts, { outcome: 'failure', ip: '10.0.0.1' })).toEqual(['two']);
    expect(matching(texts, { outcome: 'failure', user: 'ADM_x' })).toEqual(['two']);
    expect(matching(texts, { outcome: 'failure', ip: '10.0.0.2' })).toEqual(['one', 'two']);
  });

  it('apply to any rule of their log source if they say so', () => {
    const texts = [rule('one'), rule('two'), rule('three', '{category: authentication}'), filter('any')];
    expect(matching(texts, { outcome: 'failure', ip: '10.0.0.1' })).toEqual(['three']);
  });
});

describe('the condition of a filter', () => {
  const given = (condition: string) => [filter('[one]').replace('1 of them', condition), rule('one')];
  const ours = { outcome: 'failure', ip: '10.0.0.1' };

  it.each(['scanner and not admin', 'not admin and scanner', '[scanner and not admin]'])('%s', (condition) => {
    expect(matching(given(condition), ours)).toEqual([]);
    expect(matching(given(condition), { ...ours, user: 'adm_x' })).toEqual(['one']);
    expect(matching(given(condition), { outcome: 'failure', user: 'other' })).toEqual(['one']);
  });

  it.each(['not scanner', 'not scanner and not admin', '[not scanner]', '[admin, not scanner]', 'not 1 of them'])(
    '%s would silence all that it does not name, and is refused',
    (condition) => {
      const { detections, problems } = compileRules(given(condition).map((text, n) => ({ file: `${n}.yml`, text })));
      expect(detections).toEqual([]);
      expect(problems.map(({ file }) => file).sort()).toEqual(['0.yml', '1.yml']);
    },
  );
});

describe('log sources that Weir does not know', () => {
  it('are those that events say they are of', () => {
    const { detections, fields } = compileRules([
      {
        file: 'x.yml',
        text: 'title: T\nlogsource: {product: okta, service: okta}\ndetection: {s: {actor.type: user}, condition: s}',
      },
    ]);
    const matches = (attributes: object) => detections[0]!.matches(viewOf({ data: { attributes } }, fields.paths));
    expect(matches({ logsource: { product: 'okta', service: 'okta' }, actor: { type: 'User' } })).toBe(true);
    expect(matches({ logsource: { product: 'okta' }, actor: { type: 'User' } })).toBe(false);
    expect(matches({ actor: { type: 'User' } })).toBe(false);
  });

  it('may be mapped to events and fields', () => {
    const text = `mapping:
  logsource: {product: okta}
  type: log
  where: {service: okta-*}
  fields: {eventtype: attributes.event.type}
  below: attributes.debug
---
title: T
logsource: {product: okta, service: okta}
detection: {s: {eventtype: a, risk: high}, condition: s}
`;
    const { detections, fields, problems } = compileRules([{ file: 'x.yml', text }]);
    expect(problems.map(formatProblem)).toEqual([]);
    const matches = (service: string) =>
      detections[0]!.matches(
        viewOf({ data: { service, attributes: { event: { type: 'a' }, debug: { risk: 'high' } } } }, fields.paths),
      );
    expect(matches('okta-eu')).toBe(true);
    expect(matches('other')).toBe(false);
  });
});
