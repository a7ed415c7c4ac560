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

/** Number of rules by what they were refused for. */
function tally(problems: readonly RuleProblem[]): Record<string, number> {
  const rules = new Map<string, Set<string>>();
  for (const { file, reason } of problems) {
    const kind = reason.replace(/`[^`]*`/g, '…');
    rules.set(kind, (rules.get(kind) ?? new Set()).add(file));
  }
  return Object.fromEntries([...rules].map(([kind, of]) => [kind, of.size]));
}

/** The Windows events recorded for a rule, as `log` events that carry them whole. A file may hold several. */
function recordedEvents(rule: string) {
  return globSync(rule.replace('rule.yml', '*.json'), { cwd: data })
    .flatMap((file) => read(file).text.split(/^(?=\{)/m))
    .map((text) => ({ type: 'log', data: { service: 'windows', body: '', attributes: JSON.parse(text) as unknown } }));
}

/** Rules for the names that samples refer to. */
function named(...names: string[]): string {
  const rule =
    'logsource: {category: process_creation, product: windows}\ndetection: {s: {EventID: 1}, condition: s}\n';
  return names.map((name) => `title: ${name}\nname: ${name}\n${rule}`).join('---\n');
}

const bitsadmin = 'bitsadmin.exe with " /transfer "';
/** Which rule matches the event of which other, in the whole matrix of 115 × 115, and what in that event meets it. */
const overlaps: Readonly<Record<string, string>> = {
  'Potential Product Reconnaissance Via Wmic.EXE <- Potential Product Class Reconnaissance Via Wmic.EXE':
    'wmic.exe with "Product" in the command line: the class asked for is AntiVirusProduct',
  'Legitimate Application Writing Files In Uncommon Location <- Legitimate Application Dropped Script':
    'certutil.exe writes below \\AppData\\Local\\; that it is a script is what the other rule is about',
  'Suspicious Chromium Browser Instance Executed With Custom Extension <- Chromium Browser Instance Executed With Custom Extension':
    'chrome.exe with "--load-extension=", and its parent is cmd.exe',
  'Chromium Browser Instance Executed With Custom Extension <- Suspicious Chromium Browser Instance Executed With Custom Extension':
    'the same without regard to the parent',
  'File With Suspicious Extension Downloaded Via Bitsadmin <- Suspicious Download From File-Sharing Website Via Bitsadmin': `${bitsadmin}, and the file is a ".dll"`,
  'File With Suspicious Extension Downloaded Via Bitsadmin <- Suspicious Download From Direct IP Via Bitsadmin': `${bitsadmin}, and the file is a ".dll"`,
  'Suspicious Download From File-Sharing Website Via Bitsadmin <- File With Suspicious Extension Downloaded Via Bitsadmin': `${bitsadmin}, from "github.com"`,
  'File Download Via Bitsadmin <- File With Suspicious Extension Downloaded Via Bitsadmin': bitsadmin,
  'File Download Via Bitsadmin <- Suspicious Download From File-Sharing Website Via Bitsadmin': bitsadmin,
  'File Download Via Bitsadmin <- Suspicious Download From Direct IP Via Bitsadmin': bitsadmin,
  'Github Self-Hosted Runner Execution <- Shai-Hulud Malware Indicators - Windows':
    'Runner.Listener.exe with "configure": the malware registers such a runner',
  'Cred Dump Tools Dropped Files <- HackTool - NetExec File Indicators':
    'one of the files that NetExec unpacks is \\procdump.exe',
  'Suspicious Binaries and Scripts in Public Folder <- Legitimate Application Writing Files In Uncommon Location':
    'the file written is an ".exe" in C:\\Users\\Public',
  'PUA - AdvancedRun Execution <- PUA - AdvancedRun Suspicious Execution':
    'AdvancedRun.exe by its original name; the other rule looks at its flags beside',
};

describe.skipIf(!there)('the rules of Sigma', () => {
  it('all compile', () => {
    const rules = files('rules/**/*.yml');
    const { detections, problems } = compileRules(rules);
    expect(tally(problems)).toEqual({});
    expect(detections).toHaveLength(rules.length);
    expect(rules).toHaveLength(431);
  });

  it('match the events that were recorded for them, and no others without cause', () => {
    const { detections, fields, problems } = compileRules(files('regression/*/rule.yml'));
    expect(tally(problems)).toEqual({});
    expect(detections).toHaveLength(115);
    const views = new Map(
      detections.map(({ info }) => [info.title, recordedEvents(info.file).map((event) => viewOf(event, fields.paths))]),
    );
    const silent: string[] = [];
    const others: string[] = [];
    for (const { info, matches } of detections)
      for (const [title, events] of views) {
        const isMatch = events.some(matches);
        if (title === info.title && !isMatch) silent.push(title);
        if (title !== info.title && isMatch) others.push(`${info.title} <- ${title}`);
      }
    expect(silent).toEqual([]);
    expect(others.sort()).toEqual(Object.keys(overlaps).sort());
  });

  it('chained as the example of the specification are read', () => {
    const { text } = read('spec/specification/sigma-correlation-rules-specification.md');
    const example = text.match(/(?<=```yml\n)title: Correlation - Multiple Failed Logins.*?(?=```)/s)![0];
    const { correlations, detections, problems } = compileRules([{ file: 'example.yml', text: example }]);
    expect(problems).toEqual([]);
    expect(correlations.map(({ kind, inputs }) => [kind, inputs.map(({ info }) => info.name)])).toEqual([
      ['event_count', ['failed_login']],
      ['temporal_ordered', ['multiple_failed_login', 'successful_login']],
    ]);
    expect(correlations.map(({ alerting }) => alerting)).toEqual([false, true]);
    expect(detections.every(({ alerting }) => !alerting)).toBe(true);
  });

  it('in the samples of its schemas are read', () => {
    const rules = [
      'recon_cmd_a',
      'recon_cmd_b',
      'recon_cmd_c',
      'rule_a_id',
      'process_creation',
      'website_access',
      '5638f7c0-ac70-491d-8465-2a65075e0d86',
      '6f3e2987-db24-4c78-a860-b4f4095a7095',
      'df0841c0-9846-4e9f-ad8a-7df91571771b',
    ];
    const outcomes = files('spec/tests/schema/**/*.yml').map((sample) => {
      const text = /_ecs/.test(sample.file)
        ? named(...rules).replaceAll(/category.*windows/g, 'category: network, service: dns')
        : named(...rules);
      const set = compileRules([{ file: 'named.yml', text }, sample]);
      const mine = [...set.correlations, ...set.detections].find(({ info }) => info.file === sample.file);
      const what = mine && 'kind' in mine ? mine.kind : (mine?.types.join() ?? 'filter');
      return `${sample.file.split('/').at(-1)}: ${set.problems.map((p) => p.reason).join('; ') || what}`;
    });
    expect(outcomes).toMatchInlineSnapshot(`
      [
        "event_count.yml: event_count",
        "event_count_ecs.yml: event_count",
        "temporal.yml: temporal",
        "temporal_ordered.yml: temporal_ordered",
        "value_avg.yml: value_avg",
        "value_count.yml: value_count",
        "value_percentile.yml: value_percentile",
        "value_sum.yml: value_sum",
        "filter_1.yml: filter",
        "filter_ecs.yml: filter",
        "rule_1.yml: log",
        "rule_ecs.yml: log",
      ]
    `);
  });
});
