import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Limits, MeasureSpec } from '#libs/windows';
import { modelOf } from '../../libs/windows/testing/models.js';
import {
  type Arrival,
  bruteForceOf,
  episodesOf as episodesOfFires,
  firesOf,
  type Outcome,
  outcomesOf,
} from '../../libs/windows/testing/streams.js';
import { detect, detectProven, type Input, planOf } from './detect.js';
import { tenthTwice } from './real-data.js';

const start = Date.UTC(2026, 0, 1);
const stepMs = 500;
const latenessMs = 5000;
const quietMs = 7000;

type Fields = Record<string, string>;
interface Happening {
  time: number;
  /** Each of the detections `any`, `in0`, `in1` and `in2` that it meets. */
  of: readonly string[];
  fields: Fields;
}

/** A correlation as its text, and as what it is by its definition. */
interface Rule {
  name: string;
  /** `type`, and what is not the same for all. */
  body: string;
  by: string[];
  timespanMs: number;
  measure: MeasureSpec | 'absence';
  of: (Rule | string)[];
  /** What an input brings: its number, or the values of these fields. Default: nothing. */
  brings?: 'input' | string[];
}

const count = (name: string, by: string[], gte: number, of: (Rule | string)[], timespanMs = 10_000): Rule => ({
  ...{ name, by, of, timespanMs, body: `type: event_count, condition: {gte: ${gte}}` },
  measure: { kind: 'count', limits: { gte } },
});
const values = (name: string, by: string[], field: string, gte: number, of: (Rule | string)[]): Rule => ({
  ...{ name, by, of, timespanMs: 10_000, body: `type: value_count, condition: {field: ${field}, gte: ${gte}}` },
  ...{ measure: { kind: 'distinct', limits: { gte } }, brings: [field] },
});
const together = (name: string, by: string[], of: (Rule | string)[], timespanMs = 20_000): Rule => ({
  ...{ name, by, of, timespanMs, body: 'type: temporal', brings: 'input' },
  measure: { kind: 'distinct', limits: { gte: of.length } },
});
const ordered = (name: string, by: string[], of: (Rule | string)[], timespanMs = 20_000): Rule => ({
  ...{ name, by, of, timespanMs, body: 'type: temporal_ordered', brings: 'input' },
  measure: { kind: 'ordered', inputs: of.length, limits: { gte: of.length } },
});
const within = (rule: Rule, limits: Limits): Rule => {
  const text = Object.entries(limits).map(([limit, number]) => `${limit}: ${number}`);
  const [type] = rule.body.split(', condition');
  const measure = { ...(rule.measure as MeasureSpec), limits } as MeasureSpec;
  return { ...rule, body: `${type}, condition: {${text.join(', ')}}`, measure };
};
const silent = (name: string, by: string[]): Rule => {
  return { name, by, of: ['any'], timespanMs: 10_000, body: 'type: absence', measure: 'absence' };
};

const rules: [what: string, rule: Rule][] = [
  ['event_count of event_count', count('r', ['ip'], 2, [count('a', ['user', 'ip'], 2, ['any'])], 30_000)],
  ['event_count of value_count', count('r', ['ip'], 2, [values('a', ['ip'], 'user', 2, ['any'])], 40_000)],
  ['value_count over groups of event_count', values('r', ['ip'], 'user', 2, [count('a', ['ip', 'user'], 2, ['any'])])],
  ['temporal of event_counts', together('r', ['ip'], [count('a', ['ip'], 2, ['in0']), count('b', ['ip'], 2, ['in1'])])],
  ['temporal_ordered of event_count and events', ordered('r', ['ip'], [count('a', ['ip', 'user'], 2, ['in0']), 'in1'])],
  [
    'event_count within limits, of limits',
    {
      ...count('r', ['ip'], 2, []),
      ...{ timespanMs: 30_000, body: 'type: event_count, condition: {gte: 1, lte: 2}' },
      measure: { kind: 'count', limits: { gte: 1, lte: 2 } },
      of: [
        {
          ...count('a', ['ip', 'user'], 2, ['any']),
          ...{ body: 'type: event_count, condition: {eq: 2}', measure: { kind: 'count', limits: { eq: 2 } } },
        },
      ],
    },
  ],
  [
    'event_count of ratio',
    count(
      'r',
      ['ip'],
      2,
      [
        {
          ...{ name: 'a', by: ['ip', 'user'], of: ['in0', 'any'], timespanMs: 5000, brings: 'input' },
          body: 'type: ratio, condition: {gte: 0.5, minimum: 2}',
          measure: { kind: 'ratio', windowsMs: [5000], minimum: 2, limits: { gte: 0.5 } },
        },
      ],
      60_000,
    ),
  ],
  [
    'ratio of event_counts',
    {
      ...{ name: 'r', by: ['ip'], timespanMs: 60_000, brings: 'input' },
      body: 'type: ratio, condition: {gte: 1, minimum: 1}',
      measure: { kind: 'ratio', windowsMs: [60_000], minimum: 1, limits: { gte: 1 } },
      of: [count('a', ['ip', 'user'], 2, ['in0']), count('b', ['ip'], 2, ['any'])],
    },
  ],
  [
    'value_sum inside',
    count(
      'r',
      ['ip'],
      2,
      [
        {
          ...{ name: 'a', by: ['ip', 'user'], of: ['any'], timespanMs: 5000, brings: ['number'] },
          body: 'type: value_sum, condition: {field: number, gt: 2}',
          measure: { kind: 'sum', limits: { gt: 2 } },
        },
      ],
      60_000,
    ),
  ],
  [
    'first_seen of event_count',
    {
      ...{ name: 'r', by: ['ip'], timespanMs: 10_000, brings: ['user'] },
      body: 'type: first_seen, history: 60s, condition: {field: user}',
      measure: { kind: 'first-seen', historyMs: 60_000, limits: { gte: 1 } },
      of: [count('a', ['ip', 'user'], 2, ['any'])],
    },
  ],
  [
    'event_count of first_seen',
    count(
      'r',
      ['ip'],
      2,
      [
        {
          ...{ name: 'a', by: ['ip'], of: ['any'], timespanMs: 5000, brings: ['user'] },
          body: 'type: first_seen, history: 60s, condition: {field: user}',
          measure: { kind: 'first-seen', historyMs: 60_000, limits: { gte: 1 } },
        },
      ],
      30_000,
    ),
  ],
  [
    'temporal of spike and events',
    together(
      'r',
      ['ip'],
      [
        {
          ...{ name: 'a', by: ['ip', 'user'], of: ['any'], timespanMs: 10_000 },
          body: 'type: spike, baseline: 60s, condition: {factor: 1.7, minimum: 2}',
          measure: {
            kind: 'spike',
            of: { kind: 'count' },
            baselineMs: 60_000,
            factor: 1.7,
            deviations: null,
            minimum: 2,
          },
        },
        'in1',
      ],
    ),
  ],
  [
    'event_count of anomaly',
    count(
      'r',
      ['ip'],
      2,
      [
        {
          ...{ name: 'a', by: ['ip', 'user'], of: ['any'], timespanMs: 5000, brings: ['number'] },
          body: 'type: anomaly, condition: {field: number, deviations: 1.3, minimum: 4}',
          measure: { kind: 'anomaly', deviations: 1.3, minimum: 4 },
        },
      ],
      60_000,
    ),
  ],
  ['value_count over groups of absence', values('r', ['ip'], 'user', 2, [silent('a', ['ip', 'user'])])],
  ['temporal_ordered of absence and events', ordered('r', ['ip'], [silent('a', ['ip', 'user']), 'in1'])],
  [
    'temporal_ordered of events, event_count and events',
    ordered('r', ['ip'], ['in0', count('a', ['ip', 'user'], 2, ['in2']), 'in1']),
  ],
  [
    'temporal_ordered of events, event_count within limits and events',
    ordered('r', ['ip'], ['in0', within(count('a', ['ip', 'user'], 2, ['in2'], 4000), { gte: 2, lte: 4 }), 'in1']),
  ],
  [
    'temporal_ordered of some, in a short time',
    within(ordered('r', ['ip'], ['in1', count('a', ['ip'], 3, ['in2']), 'in0'], 8000), { gte: 2 }),
  ],
  [
    'temporal_ordered of temporal_ordered and event_count',
    ordered(
      'r',
      ['ip'],
      [
        ordered('b', ['ip', 'user'], [count('c', ['ip', 'user'], 2, ['in2']), 'in0'], 8000),
        count('a', ['ip'], 3, ['in2']),
        'in1',
      ],
    ),
  ],
  [
    'temporal of temporal of event_count within limits',
    together(
      'r',
      ['ip'],
      [together('b', ['ip'], [within(count('a', ['ip', 'user'], 2, ['in2'], 3000), { eq: 2 }), 'in0'], 8000), 'in1'],
    ),
  ],
  [
    'temporal within limits, of limits',
    within(
      together(
        'r',
        ['ip'],
        [within(count('a', ['ip', 'user'], 2, ['any']), { eq: 2 }), count('b', ['ip'], 2, ['in1']), 'in0'],
      ),
      { eq: 2 },
    ),
  ],
  [
    'value_count of temporal, over three levels',
    values('r', ['ip'], 'user', 2, [
      together('b', ['user', 'ip'], ['in0', count('c', ['ip', 'user'], 2, ['any'])], 5000),
    ]),
  ],
  [
    'three levels, with events on each',
    together(
      'r',
      ['ip'],
      [count('a', ['ip', 'user'], 2, [values('b', ['ip', 'user'], 'number', 2, ['in0']), 'in1'], 15_000), 'in0'],
    ),
  ],
  [
    'three levels, two ways to one rule',
    count(
      'r',
      ['ip'],
      2,
      [
        count('a', ['ip'], 1, [count('c', ['ip', 'user'], 2, ['any'])]),
        count('b', ['ip', 'user'], 2, [count('c', ['ip', 'user'], 2, ['any'])], 30_000),
      ],
      40_000,
    ),
  ],
];

const detections = ['any', 'in0', 'in1', 'in2']
  .map((name) => {
    const selection = name === 'any' ? '{ip|exists: true}' : `{method: ${name}}`;
    return `title: ${name}\nname: ${name}\nlogsource: {product: weir, service: login}\ndetection: {s: ${selection}, condition: s}\n`;
  })
  .join('---\n');

function textOf(rule: Rule, seen = new Set<string>()): string {
  if (seen.has(rule.name)) return '';
  seen.add(rule.name);
  const inner = rule.of.map((of) => (typeof of === 'string' ? '' : textOf(of, seen))).join('');
  const of = rule.of.map((input) => (typeof input === 'string' ? input : input.name)).join(', ');
  const rest = `rules: [${of}], group-by: [${rule.by.join(', ')}], timespan: ${rule.timespanMs / 1000}s`;
  return `${inner}---\ntitle: ${rule.name}\nname: ${rule.name}\nquiet: ${quietMs / 1000}s\ncorrelation: {${rule.body}, ${rest}}\n`;
}

/** An episode, and the events at which its condition holds. */
type Episode = Outcome & { fields: Fields; fires: readonly number[] };

/** A rule of these asks whether something happened; others count how often something began. */
const asksWhether = ({ measure }: Rule): boolean =>
  measure !== 'absence' && ['distinct', 'ordered', 'first-seen'].includes(measure.kind);

/** An input as it happens to a rule: from `time` to `until`, where it is an inner rule at these of its events. */
interface Span {
  time: number;
  until: number;
  fires: readonly number[];
  fields: Fields;
  event: unknown;
  input: number;
}

/**
 * To a rule that counts an episode happens once, when it opens. To a rule that asks whether it happens with every event at
 * which its condition holds; order has it go on from the first to the last of these in each quarter of the timespan.
 */
function happen(rule: Rule, { openedAt, fires, fields }: Episode, input: number): Span[] {
  if (!asksWhether(rule)) return [{ time: openedAt, until: openedAt, fires: [openedAt], fields, event: {}, input }];
  const quarters = Map.groupBy(fires, (time) => Math.floor(time / (rule.timespanMs / 4)));
  return [...quarters.values()].map((times) => {
    return { time: times[0], until: times.at(-1)!, fires: times, fields, event: {}, input };
  });
}

/** All episodes of a rule, straight from the definitions. */
function episodesOf(rule: Rule, happenings: readonly Happening[]): Episode[] {
  const spans = rule.of.flatMap((of, input): Span[] => {
    if (typeof of !== 'string') return episodesOf(of, happenings).flatMap((episode) => happen(rule, episode, input));
    const found = happenings.filter((happening) => happening.of.includes(of)).flatMap(eachUser);
    return found.map(({ time, fields, event }) => ({ time, until: time, fires: [time], fields, event, input }));
  });
  const groups = Map.groupBy(spans, ({ fields }) => JSON.stringify(rule.by.map((name) => fields[name])));
  const times = { timespanMs: rule.timespanMs, latenessMs: 1e9, quietMs };
  const caps = { groupsMax: 1000, eventsPerGroupMax: 1 << 16 };
  return [...groups].flatMap(([group, of]) => {
    const texts = JSON.parse(group) as string[];
    const fields = Object.fromEntries(rule.by.map((name, i) => [name, texts[i]]));
    // An event that meets two inputs is one event, and counts once for each value.
    const happen = [...Map.groupBy(of, ({ event }) => event).values()]
      .map((same) => ({ ...same[0], group: 0, values: [...new Set(same.map((one) => broughtBy(rule, one)))] }))
      .sort((a, b) => a.time - b.time);
    const at = (span: Omit<Arrival, 'time' | 'until'>, times: readonly number[]): Arrival[] =>
      [...new Set(times)].map((time) => ({ group: 0, values: span.values, time }));
    const isOrdered = rule.measure !== 'absence' && rule.measure.kind === 'ordered';
    const asked = isOrdered ? happen : happen.flatMap((span) => at(span, span.fires));
    // Looked at where something begins and where it ends.
    const looked = happen.flatMap((span) => at(span, [span.time, span.until])).sort((a, b) => a.time - b.time);
    return outcomesFor(rule, looked, asked, { ...times, ...caps }).map((outcome) => ({ ...outcome, fields }));
  });
}

const eachUser = (event: Happening) =>
  event.fields.user.split(',').map((user) => ({ time: event.time, fields: { ...event.fields, user }, event }));

function broughtBy({ brings, measure }: Rule, { fields, input }: { fields: Fields; input: number }): number {
  if (brings === undefined) return 0;
  if (brings === 'input') return input;
  const [field] = brings;
  const isText = measure === 'absence' || measure.kind === 'distinct' || measure.kind === 'first-seen';
  return isText ? Number(`0x${Buffer.from(fields[field]).toString('hex')}`) : Number(fields[field]);
}

const limitsOf = { groupsMax: 1000, eventsPerGroupMax: 1 << 16 };
function outcomesFor(
  rule: Rule,
  looked: readonly Arrival[],
  asked: readonly Arrival[],
  times: typeof limitsOf & { timespanMs: number; latenessMs: number; quietMs: number },
): Omit<Episode, 'fields'>[] {
  const { measure } = rule;
  const spec =
    measure === 'absence' ? { kind: 'absence' as const, ...times } : { kind: 'measured' as const, measure, ...times };
  const found = bruteForceOf(spec, looked, (events) => {
    const holds = spec.kind === 'absence' ? null : modelOf(spec);
    const fires =
      holds === null ? silencesOf(rule, events) : firesOf(spec, (_, upTo, t) => holds(asked, upTo, t), events, stepMs);
    const ofEach = episodesOfFires(spec, fires);
    return outcomesOf(spec, events, fires).map((outcome, i) => ({
      ...outcome,
      fires: ofEach[i].map(({ from }) => from),
    }));
  });
  return found.get(0) ?? [];
}

/** In the end all are silent. */
function silencesOf({ timespanMs }: Rule, events: readonly Arrival[]) {
  const at = [...new Set(events.map(({ time }) => time))];
  return at.flatMap((time, i) => {
    const from = time + timespanMs;
    const until = at[i + 1] ?? Number.POSITIVE_INFINITY;
    return until > from ? [{ from, until, observed: 0, expected: null }] : [];
  });
}

/** One goes on for long, of one group, with few events of others between. */
const lastingArb = (steps: number): fc.Arbitrary<Happening[]> =>
  fc.array(
    fc.record({
      time: fc.nat(steps).map((step) => start + step * stepMs),
      of: fc
        .oneof({ weight: 9, arbitrary: fc.constant('in2') }, { weight: 1, arbitrary: fc.constantFrom('in0', 'in1') })
        .map((name) => ['any', name]),
      fields: fc.constant({ ip: '192.0.2.1', user: 'u1', number: '1' }),
    }),
    { maxLength: 60 },
  );
const happeningsArb = (steps: number, maxLength = 60): fc.Arbitrary<Happening[]> =>
  fc.array(
    fc.record({
      time: fc.nat(steps).map((step) => start + step * stepMs),
      of: fc.subarray(['in0', 'in1']).map((of) => ['any', ...of]),
      fields: fc.record({
        ip: fc.constantFrom('192.0.2.1', '192.0.2.1', '192.0.2.2'),
        // A list of users: the event belongs to the group of each.
        user: fc.constantFrom('u1', 'u2', 'u3', 'u1,u3'),
        number: fc.constantFrom('1', '2', '3', '8'),
      }),
    }),
    { maxLength },
  );
/** Crowded or far apart. */
const scatteredArb = fc.oneof(happeningsArb(60), happeningsArb(150), happeningsArb(400));
const longArb = fc.oneof(lastingArb(60), lastingArb(150), lastingArb(250));
/** Without what kept an episode going its proof may be two: to count openings again takes a log with few of these. */
const provenArb = (rule: Rule) => (asksWhether(rule) ? streamOf(rule) : happeningsArb(150, 12));
const streamOf = (rule: Rule) => (looksFor(rule, 'in2') ? longArb : scatteredArb);

function inputOf({ time, of, fields }: Happening, id: number): Input {
  const data = { ...fields, user: fields.user.split(','), method: of };
  const event = { specversion: '1.0', id: String(id), source: 's', type: 'login', time: new Date(time).toISOString() };
  const value = Buffer.from(JSON.stringify({ ...event, data }));
  return { type: { topic: 'login' }, key: `sender ${id % 7}`, timeMs: time, value };
}

describe.each(rules)('%s', (_, rule) => {
  const plan = planOf([{ file: 'rules.yml', text: `${detections}${textOf(rule)}` }], latenessMs);

  it.each([1, 4, 16])('is what it says, shuffled, sent twice and restored, over %i partitions', (partitions) => {
    fc.assert(
      fc.property(
        streamOf(rule),
        fc.array(fc.nat(latenessMs), { minLength: 60, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 10 }),
        (happenings, jitters, appendEvents, restoreAppends, markAppends) => {
          const shuffled = happenings
            .map((happening, i) => ({ happening, at: happening.time + jitters[i] }))
            .sort((a, b) => a.at - b.at)
            .map(({ happening }, i) => inputOf(happening, i));
          const options = { partitions, latenessMs, appendEvents, restoreAppends, markAppends, silentMs: 3_600_000 };
          const found = detect(plan, tenthTwice(shuffled), options).flatMap(({ id, rule, group, ...outcome }) =>
            rule === 'r' ? [JSON.stringify({ group, ...outcome })] : [],
          );
          expect(found.sort()).toEqual(textsOf(episodesOf(rule, happenings)));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe.each(rules.filter(([what]) => !what.includes('absence')))('%s', (_, rule) => {
  const plan = planOf([{ file: 'rules.yml', text: `${detections}${textOf(rule)}` }], latenessMs);
  const reachMs = latenessMs + shortestOf(rule);

  it.each([1, 4])('counts what is late within its reach, in any order, over %i partitions', (partitions) => {
    fc.assert(
      fc.property(streamOf(rule), fc.integer({ min: 1, max: 20 }), (happenings, appendEvents) => {
        const appended = Array.from({ length: Math.ceil(happenings.length / appendEvents) }, (_, i) =>
          happenings.slice(i * appendEvents, (i + 1) * appendEvents).sort((a, b) => a.time - b.time),
        ).flat();
        const newest = new Map<string, number>();
        // What no detection of the rule looks for does not move its time.
        const accepted = appended.filter(({ time, of, fields }) => {
          if (!of.some((name) => looksFor(rule, name))) return false;
          const known = newest.get(fields.ip) ?? time;
          if (time < known - reachMs) return false;
          newest.set(fields.ip, Math.max(known, time));
          return true;
        });
        const options = { partitions, latenessMs, appendEvents, silentMs: 3_600_000 };
        const found = detect(plan, appended.map(inputOf), options).flatMap(({ id, rule, group, ...outcome }) =>
          rule === 'r' ? [JSON.stringify({ group, ...outcome })] : [],
        );
        expect(found.sort()).toEqual(textsOf(episodesOf(rule, accepted)));
      }),
      { numRuns: 100 },
    );
  });
});

const shortestOf = ({ timespanMs, of }: Rule): number =>
  Math.min(timespanMs, ...of.map((input) => (typeof input === 'string' ? timespanMs : shortestOf(input))));
const looksFor = ({ of }: Rule, name: string): boolean =>
  of.some((input) => (typeof input === 'string' ? input === name : looksFor(input, name)));
const textsOf = (episodes: readonly Episode[]): string[] =>
  episodes
    .map(({ fields, openedAt, firstSeen, lastSeen, value, peak, expected, events }) =>
      JSON.stringify({ group: fields, openedAt, firstSeen, lastSeen, value, peak, expected, events }),
    )
    .sort();

describe('the proof of a chain', () => {
  const inOrder = rules.filter(([, rule]) => looksFor(rule, 'in2') && rule.body.startsWith('type: temporal_ordered'));
  const proving = [...rules.slice(0, 5), ...inOrder.filter(([what]) => !what.includes('limits'))];
  it.each(proving)('of %s: its events alone open it again', (_, rule) => {
    const plan = planOf([{ file: 'rules.yml', text: `${detections}${textOf(rule)}` }], latenessMs);
    const options = { partitions: 4, silentMs: 3_600_000 };
    fc.assert(
      fc.property(provenArb(rule), (happenings) => {
        const inputs = happenings.map(inputOf).sort((a, b) => a.timeMs - b.timeMs);
        for (const { rule: name, group, openedAt, evidence } of detectProven(plan, inputs, options)) {
          if (name !== 'r') continue;
          const again = detect(plan, evidence, options).filter(({ rule }) => rule === 'r');
          expect(again).toContainEqual(expect.objectContaining({ group, openedAt }));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('names what goes on since before the window, and was there when it mattered', () => {
    const rule = ordered('r', ['ip'], [count('a', ['ip'], 2, ['in2'], 3000), 'in0', 'in1']);
    const plan = planOf([{ file: 'rules.yml', text: `${detections}${textOf(rule)}` }], latenessMs);
    const at = (second: number, name: string): Happening => {
      const fields = { ip: '192.0.2.1', user: 'u1', number: '1' };
      return { time: start + second * 1000, of: ['any', name], fields };
    };
    const guessing = [20, 20.5, 24, 24.5].map((second) => at(second, 'in2'));
    const inputs = [...guessing, at(22, 'in0'), at(41, 'in1')].sort((x, y) => x.time - y.time).map(inputOf);
    const alerts = detectProven(plan, inputs, { partitions: 1 }).filter(({ rule: name }) => name === 'r');
    expect(alerts).toMatchObject([{ openedAt: start + 41_000 }]);
    expect(alerts[0].evidence).toHaveLength(6);
  });

  const soon = rules.filter(([what]) => !what.includes('absence'));
  it.each(soon)('of %s: is the same in any order within the lateness', (_, rule) => {
    const plan = planOf([{ file: 'rules.yml', text: `${detections}${textOf(rule)}` }], latenessMs);
    const jittersArb = fc.array(fc.nat(latenessMs), { minLength: 60, maxLength: 60 });
    const appendArb = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(streamOf(rule), jittersArb, appendArb, (happenings, jitters, appendEvents) => {
        const inOrder = happenings.toSorted((a, b) => a.time - b.time).map(inputOf);
        const shuffled = inOrder
          .map((input, i) => ({ input, at: input.timeMs + jitters[i] }))
          .sort((a, b) => a.at - b.at)
          .map(({ input }) => input);
        const proofs = (inputs: readonly Input[]) =>
          // Time does not go on: nothing that closes says all of it once more.
          detectProven(plan, inputs, { partitions: 1, appendEvents })
            .filter(({ rule }) => rule === 'r')
            .map(({ group, openedAt, evidence }) => {
              return JSON.stringify([group, openedAt, evidence.map(({ value }) => value.toString()).sort()]);
            });
        expect(proofs(shuffled).sort()).toEqual(proofs(inOrder).sort());
      }),
      { numRuns: 100 },
    );
  });
});
