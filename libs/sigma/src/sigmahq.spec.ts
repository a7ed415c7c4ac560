import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../testing/given.js';
import { compileRules, type RuleProblem } from './index.js';

// Rules that others wrote, from the repository of Sigma: none may run with another meaning.
const data = new URL('../../../../shared/data/sigma/', import.meta.url).pathname;
const there = existsSync(data);
if (!there) console.warn('LEFT OUT: RULES, EVENTS AND SCHEMA SAMPLES OF SIGMA, AS ../shared/data/sigma IS NOT THERE');

const read = (file: string) => ({ file, text: readFileSync(data + file, 'utf8') });
const files = (pattern: string) => globSync(pattern, { cwd: data }).toSorted().map(read);

/** The same rule over our `log` events, so that all of it is looked at and not its log source alone. */
function overLogs({ file, text }: { file: string; text: string }) {
  const block = /^logsource:\n(?:[ #].*\n)+/m;
  expect(text).toMatch(block);
  return { file, text: text.replace(block, 'logsource: {product: weir, service: log}\n') };
}

/** Number of rules by what they were refused for. */
function tally(problems: readonly RuleProblem[]): Record<string, number> {
  const rules = new Map<string, Set<string>>();
  for (const { file, reason } of problems) {
    const kind = reason.replace(/`[^`]*`/g, '…');
    rules.set(kind, (rules.get(kind) ?? new Set()).add(file));
  }
  return Object.fromEntries([...rules].map(([kind, of]) => [kind, of.size]));
}

/** The Windows events recorded for a rule, with the fields named as Sigma's taxonomy has them. A file may hold several. */
function recordedEvents(rule: string) {
  const texts = globSync(rule.replace('rule.yml', '*.json'), { cwd: data }).flatMap((file) =>
    read(file).text.split(/^(?=\{)/m),
  );
  return texts.map((text) => {
    const { System, EventData } = JSON.parse(text).Event;
    const { EventID, Channel, Computer, Provider } = System;
    return { data: { EventID, Channel, Computer, Provider_Name: Provider['#attributes'].Name, ...EventData } };
  });
}

describe.skipIf(!there)('the rules of Sigma', () => {
  it('compile where we have their events, and are refused by name where not', () => {
    const rules = files('rules/**/*.yml');
    const { detections, problems } = compileRules(rules);
    expect(new Set([...detections.map((d) => d.info.file), ...problems.map((p) => p.file)]).size).toBe(rules.length);
    expect(detections).toHaveLength(22);
    expect(tally(problems)).toMatchInlineSnapshot(`
      {
        "Events of this log source don't carry …": 13,
        "Keywords (values without a field) are not supported yet": 8,
        "The log source has no field …": 1,
        "Weir has no events of the log source …": 388,
      }
    `);
  });

  it('use nothing that is not supported but keywords', () => {
    const { detections, problems } = compileRules(files('rules/**/*.yml').map(overLogs));
    expect(tally(problems)).toMatchInlineSnapshot(`
      {
        "Keywords (values without a field) are not supported yet": 69,
      }
    `);
    expect(detections.length).toMatchInlineSnapshot(`362`);
  });

  it('match the events that were recorded for them', () => {
    const { detections, fields, problems } = compileRules(files('regression/*/rule.yml').map(overLogs));
    expect(tally(problems)).toMatchInlineSnapshot(`
      {
        "The modifier … is not supported yet": 10,
      }
    `);
    const silent: string[] = [];
    for (const { info, matches } of detections) {
      const views = recordedEvents(info.file).map((event) => viewOf(event, fields.paths));
      if (!views.some(matches)) silent.push(info.file);
    }
    expect(silent).toEqual([]);
    expect(detections.length).toMatchInlineSnapshot(`105`);
  });

  it('in the samples of its schemas are read as far as they are supported', () => {
    const counted = `title: Counted\nname: counted\nid: 5638f7c0-ac70-491d-8465-2a65075e0d86
logsource: {product: weir, service: log}\ndetection: {s: {body: x}, condition: s}\n`;
    const outcomes = files('spec/tests/schema/**/*.yml').map((sample) => {
      const set = compileRules([{ file: 'counted.yml', text: counted }, sample]);
      return `${sample.file}: ${set.problems.map((p) => p.reason).join('; ') || set.correlations[0]?.kind}`;
    });
    expect(outcomes).toMatchInlineSnapshot(`
      [
        "spec/tests/schema/correlation/event_count.yml: event_count",
        "spec/tests/schema/correlation/event_count_ecs.yml: The taxonomy \`ecs\` is not known",
        "spec/tests/schema/correlation/temporal.yml: \`correlation\` has no \`condition\`; The correlation type \`temporal\` is not supported yet; No rule has the name or id \`recon_cmd_a\`; No rule has the name or id \`recon_cmd_b\`; No rule has the name or id \`recon_cmd_c\`",
        "spec/tests/schema/correlation/temporal_ordered.yml: \`correlation\` has no \`condition\`; The correlation type \`temporal_ordered\` is not supported yet; No rule has the name or id \`recon_cmd_a\`; No rule has the name or id \`recon_cmd_b\`; No rule has the name or id \`recon_cmd_c\`",
        "spec/tests/schema/correlation/value_avg.yml: The correlation type \`value_avg\` is not supported yet; No rule has the name or id \`rule_a_id\`",
        "spec/tests/schema/correlation/value_count.yml: value_count",
        "spec/tests/schema/correlation/value_percentile.yml: The correlation type \`value_percentile\` is not supported yet; No rule has the name or id \`process_creation\`; \`condition\` has no limit; \`lte\` is not supported yet in a correlation's condition",
        "spec/tests/schema/correlation/value_sum.yml: The correlation type \`value_sum\` is not supported yet; No rule has the name or id \`website_access\`",
        "spec/tests/schema/filter/filter_1.yml: Filters are not supported yet",
        "spec/tests/schema/filter/filter_ecs.yml: Filters are not supported yet",
        "spec/tests/schema/rules/rule_1.yml: Weir has no events of the log source \`product: windows, service: application\`",
        "spec/tests/schema/rules/rule_ecs.yml: The taxonomy \`ecs\` is not known; Weir has no events of the log source \`category: network, service: dns\`",
      ]
    `);
  });
});
