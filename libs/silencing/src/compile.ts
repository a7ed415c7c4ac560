import { compilePattern, fold, literalOf, parsePattern } from '#libs/sigma';
import type { Matchable, Matchers } from './matchers.js';
import { contains, keyOf, type Network, overlaps, parseNetwork, widen } from './network.js';

/** What the tests look at, read from an alert once. */
interface Subject {
  alert: Matchable;
  /** The group's fields and values as text. */
  values: readonly (readonly [field: string, value: string])[];
  /** Those of the values that are addresses or networks. */
  networks: readonly Network[];
  /** What a decision blocks: a network that it overlaps with is met, too. */
  blocked: Network | undefined;
}

type Test = (subject: Subject) => boolean;

/** Whether matchers mean an alert. To ask for many matchers, compile them together with `compileEntries`. */
export function matches(matchers: Matchers, alert: Matchable): boolean {
  return compileTest(matchers)(subjectOf(alert));
}

export interface CompiledEntries<T> {
  /** The entries that mean this alert, in their order. `blocked`: a network that one shall be met by, too, where it overlaps. */
  matching(alert: Matchable, blocked?: Network): T[];
}

/**
 * Many entries as one, so that an alert is tested against few of them: those that name a rule, an address or a group's
 * value exactly are found by it. What is left (wildcards without any of these) is tested one by one.
 */
export function compileEntries<T extends { matchers: Matchers }>(entries: readonly T[]): CompiledEntries<T> {
  const tests = entries.map(({ matchers }) => compileTest(matchers));
  const byKey = new Map<string, number[]>();
  const prefixes = new Set<string>();
  const networks: number[] = [];
  const rest: number[] = [];
  for (const [i, { matchers }] of entries.entries()) {
    const keys = exactKeys(matchers, prefixes);
    if (keys === null) rest.push(i);
    if (matchers.cidr) networks.push(i);
    for (const key of new Set(keys)) byKey.set(key, [...(byKey.get(key) ?? []), i]);
  }
  const widths = [...prefixes].map((text) => text.split(' ').map(Number) as [family: number, bits: number]);
  return {
    matching(alert, blocked) {
      const subject = subjectOf(alert, blocked);
      const candidates = new Set(rest);
      for (const key of keysOf(subject, widths)) for (const i of byKey.get(key) ?? []) candidates.add(i);
      // A range may be wider than the networks that it meets, and so has none of their keys.
      if (blocked) for (const i of networks) candidates.add(i);
      const met = [...candidates].filter((i) => tests[i](subject)).sort((a, b) => a - b);
      return met.map((i) => entries[i]);
    },
  };
}

/** One of these keys is among `keysOf` every alert that the matchers mean; null: there are none such. */
function exactKeys({ rule, group, cidr }: Matchers, prefixes: Set<string>): string[] | null {
  const rules = literals(rule);
  if (rules) return rules.map((name) => `rule ${name}`);
  if (cidr) {
    const networks = cidr.map((text) => parseNetwork(text)!);
    for (const { family, bits } of networks) prefixes.add(`${family} ${bits}`);
    return networks.map((network) => `network ${keyOf(network)}`);
  }
  for (const [field, patterns] of Object.entries(group ?? {})) {
    const values = field === '*' ? null : literals(patterns);
    if (values) return values.map((value) => `group ${field} ${value}`);
  }
  return null;
}

function* keysOf(
  { alert, values, networks, blocked }: Subject,
  widths: readonly [number, number][],
): Generator<string> {
  yield `rule ${fold(alert.rule.id)}`;
  yield `rule ${fold(alert.rule.name)}`;
  for (const [field, value] of values) yield `group ${field} ${fold(value)}`;
  for (const network of blocked ? [...networks, blocked] : networks) {
    for (const [family, bits] of widths) {
      if (family === network.family && bits <= network.bits) yield `network ${keyOf(widen(network, bits))}`;
    }
  }
}

/** Folded; null where one has a wildcard. */
function literals(patterns: readonly string[] | undefined): string[] | null {
  if (!patterns) return null;
  const texts = patterns.map((pattern) => literalOf(parsePattern(pattern)));
  return texts.includes(undefined) ? null : texts.map((text) => fold(text!));
}

function compileTest({ rule, severity, group, cidr, owner }: Matchers): Test {
  const tests: Test[] = [];
  if (severity) tests.push(({ alert }) => severity.includes(alert.severity));
  if (rule) {
    const test = anyOf(rule);
    tests.push(({ alert }) => test(alert.rule.id) || test(alert.rule.name));
  }
  if (owner) {
    const test = anyOf(owner);
    tests.push(({ alert }) => typeof alert.rule.owner === 'string' && test(alert.rule.owner));
  }
  for (const [field, patterns] of Object.entries(group ?? {})) {
    const test = anyOf(patterns);
    tests.push(({ values }) => values.some(([name, value]) => (field === '*' || field === name) && test(value)));
  }
  if (cidr) {
    const networks = cidr.map((text) => parseNetwork(text)!);
    tests.push(
      ({ networks: own, blocked }) =>
        own.some((address) => networks.some((network) => contains(network, address))) ||
        (blocked !== undefined && networks.some((network) => overlaps(network, blocked))),
    );
  }
  return (subject) => tests.every((test) => test(subject));
}

function anyOf(patterns: readonly string[]): (text: string) => boolean {
  const tests = patterns.map((pattern) => compilePattern(parsePattern(pattern), false));
  return (text) => tests.some(({ test }) => test(text));
}

function subjectOf(alert: Matchable, blocked?: Network): Subject {
  const values = Object.entries(alert.group).flatMap(([field, value]) =>
    [value].flat().map((one) => [field, typeof one === 'string' ? one : JSON.stringify(one)] as const),
  );
  return { alert, values, networks: values.flatMap(([, value]) => parseNetwork(value) ?? []), blocked };
}
