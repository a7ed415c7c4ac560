import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { viewOf } from './given.js';
import { compileRules, formatProblem, type RuleProblem } from './index.js';

// Rules that others wrote, from the repository of Sigma: none may run with another meaning.
const data = new URL('../../../../shared/data/sigma/', import.meta.url).pathname;
const there = existsSync(data);
if (!there) console.warn('LEFT OUT: RULES, EVENTS AND SCHEMA SAMPLES OF SIGMA, AS ../shared/data/sigma IS NOT THERE');

const read = (file: string) => ({ file, text: readFileSync(file, 'utf8') });
const files = (pattern: string) =>
  globSync(pattern, { cwd: data })
    .toSorted()
    .map((name) => read(data + name));

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
        "The name … is taken by the rule at /work/shared/data/sigma/regression/056c7317-9a09-4bd4-9067-d051312752ea/rule.yml:1": 114,
      }
    `);
    const silent: string[] = [];
    for (const { info, matches } of detections) {
      const recorded = globSync(info.file.replace('rule.yml', '*.json')).map(
        (file) => JSON.parse(read(file).text).Event,
      );
      for (const { System, EventData } of recorded) {
        const { Name } = System.Provider['#attributes'];
        const { EventID, Channel, Computer } = System;
        const event = { data: { EventID, Channel, Computer, Provider_Name: Name, ...EventData } };
        if (!matches(viewOf(event, fields.paths))) silent.push(info.file);
      }
    }
    expect(silent).toEqual([]);
    expect(detections.length).toMatchInlineSnapshot(`1`);
  });

  it('in the samples of its schemas are read', () => {
    const { problems } = compileRules(files('spec/tests/schema/**/*.yml'));
    expect(problems.map((p) => formatProblem(p).replace(data, ''))).toMatchInlineSnapshot(`
      [
        "spec/tests/schema/correlation/event_count.yml:6:11: [event_count] No rule has the name or id \`5638f7c0-ac70-491d-8465-2a65075e0d86\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/event_count_ecs.yml:2:5: [event_count_ecs] The id \`0e95725d-7320-415d-80f7-004da920fc11\` is taken by the rule at /work/shared/data/sigma/spec/tests/schema/correlation/event_count.yml:1. Give the rule an id of its own (a UUID v4).",
        "spec/tests/schema/correlation/event_count_ecs.yml:3:11: [event_count_ecs] The taxonomy \`ecs\` is not known. Use Sigma's own field names and remove \`taxonomy\`.",
        "spec/tests/schema/correlation/event_count_ecs.yml:7:11: [event_count_ecs] No rule has the name or id \`5638f7c0-ac70-491d-8465-2a65075e0d86\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/temporal.yml:3:5: [temporal] \`correlation\` has no \`condition\`. Add for example \`condition: {gte: 10}\`.",
        "spec/tests/schema/correlation/temporal.yml:3:11: [temporal] The correlation type \`temporal\` is not supported yet. Use \`event_count\` or \`value_count\`.",
        "spec/tests/schema/correlation/temporal.yml:5:11: [temporal] No rule has the name or id \`recon_cmd_a\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/temporal.yml:6:11: [temporal] No rule has the name or id \`recon_cmd_b\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/temporal.yml:7:11: [temporal] No rule has the name or id \`recon_cmd_c\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/temporal_ordered.yml:3:5: [temporal_ordered] \`correlation\` has no \`condition\`. Add for example \`condition: {gte: 10}\`.",
        "spec/tests/schema/correlation/temporal_ordered.yml:3:11: [temporal_ordered] The correlation type \`temporal_ordered\` is not supported yet. Use \`event_count\` or \`value_count\`.",
        "spec/tests/schema/correlation/temporal_ordered.yml:5:11: [temporal_ordered] No rule has the name or id \`recon_cmd_a\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/temporal_ordered.yml:6:11: [temporal_ordered] No rule has the name or id \`recon_cmd_b\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/temporal_ordered.yml:7:11: [temporal_ordered] No rule has the name or id \`recon_cmd_c\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/value_avg.yml:3:11: [value_avg] The correlation type \`value_avg\` is not supported yet. Use \`event_count\` or \`value_count\`.",
        "spec/tests/schema/correlation/value_avg.yml:5:11: [value_avg] No rule has the name or id \`rule_a_id\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/value_count.yml:6:11: [value_count] No rule has the name or id \`5638f7c0-ac70-491d-8465-2a65075e0d86\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/value_percentile.yml:3:11: [value_percentile] The correlation type \`value_percentile\` is not supported yet. Use \`event_count\` or \`value_count\`.",
        "spec/tests/schema/correlation/value_percentile.yml:5:11: [value_percentile] No rule has the name or id \`process_creation\`. Add the rule, in this file or another.",
        "spec/tests/schema/correlation/value_percentile.yml:10:9: [value_percentile] \`condition\` has no limit. Add for example \`gte: 10\`.",
        "spec/tests/schema/correlation/value_percentile.yml:11:9: [value_percentile] \`lte\` is not supported yet in a correlation's condition. Use \`gte\` or \`gt\`.",
        "spec/tests/schema/correlation/value_sum.yml:3:11: [value_sum] The correlation type \`value_sum\` is not supported yet. Use \`event_count\` or \`value_count\`.",
        "spec/tests/schema/correlation/value_sum.yml:5:11: [value_sum] No rule has the name or id \`website_access\`. Add the rule, in this file or another.",
        "spec/tests/schema/filter/filter_1.yml:6:1: [filter_1] Filters are not supported yet. Exclude the events in the rule itself, with \`and not\`.",
        "spec/tests/schema/filter/filter_ecs.yml:7:1: [filter_ecs] Filters are not supported yet. Exclude the events in the rule itself, with \`and not\`.",
        "spec/tests/schema/rules/rule_1.yml:19:5: [rule_1] Weir has no events of the log source \`product: windows, service: application\`. Known: \`category: webserver\`, \`category: proxy\`, \`category: authentication\`, \`product: linux, service: sshd\`, and \`product: weir\` with an event type as \`service\`.",
        "spec/tests/schema/rules/rule_ecs.yml:2:5: [rule_ecs] The id \`545a5da6-f103-4919-a519-e9aec1026ee4\` is taken by the rule at /work/shared/data/sigma/spec/tests/schema/rules/rule_1.yml:1. Give the rule an id of its own (a UUID v4).",
        "spec/tests/schema/rules/rule_ecs.yml:7:11: [rule_ecs] The taxonomy \`ecs\` is not known. Use Sigma's own field names and remove \`taxonomy\`.",
      ]
    `);
  });
});
