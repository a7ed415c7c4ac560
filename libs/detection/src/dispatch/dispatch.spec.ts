import { existsSync, globSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { compileRules, type Detection, type Need, type RuleFile } from '#libs/sigma';
import { LineView } from '../line-view.js';
import { Dispatch } from './dispatch.js';

type Fields = Record<string, unknown>;

/** All detections of one event type, and which of them match an event: each asked, and those that dispatch names. */
function given(files: readonly RuleFile[], type: string) {
  const { detections, fields } = compileRules(files);
  const mine = detections.filter(({ types }) => types.includes(type));
  const view = new LineView(fields.paths);
  const dispatch = new Dispatch(mine.map(({ need }) => need));
  const read = (line: string) => {
    const bytes = Buffer.from(line);
    expect(view.read(bytes, 0, bytes.length)).toBe(true);
  };
  const candidates = (event: Fields) => {
    read(JSON.stringify(event));
    const words = dispatch.candidates(view);
    return mine.filter((_, rule) => (words[rule >>> 5] >>> (rule & 31)) & 1);
  };
  const matching = (event: Fields) => {
    read(JSON.stringify(event));
    return namesOf(mine.filter((detection) => detection.matches(view)));
  };
  return {
    detections: mine,
    paths: fields.paths,
    candidates,
    matching,
    dispatched: (event: Fields) => namesOf(candidates(event).filter((detection) => detection.matches(view))),
  };
}

const namesOf = (detections: readonly Detection[]): string[] => detections.map(({ info }) => info.name);
const logEvent = (data: unknown): Fields => ({ id: '1', source: 's', type: 'log', data });

const piece = fc.constantFrom(
  ...[
    'a',
    'B',
    'ab',
    'abc',
    'aBcD',
    'cd',
    'xyz',
    '.exe',
    'é',
    'É',
    'ß',
    'ſ',
    '\u212a',
    'İ',
    'σ',
    'ς',
    '😀',
    '\ud83d',
    '\ude00',
    '1',
    '12',
    ' ',
  ],
);
const phrase = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
const wild = fc.array(fc.oneof(piece, fc.constantFrom('*', '?', '\\*', '\\')), { maxLength: 5 }).map((p) => p.join(''));
const value = fc.oneof(
  { weight: 5, arbitrary: wild },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 12, -1.5, true, false, 'NaN', 'Infinity', 'true', '1e+21') },
);
const item = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom('a', 'b', 'c.d'),
        fc.constantFrom(
          '',
          '|contains',
          '|startswith',
          '|endswith',
          '|contains|all',
          '|cased',
          '|contains|cased',
          '|all',
          '|neq',
          '|windash',
        ),
        fc.array(value, { minLength: 1, maxLength: 5 }),
      )
      .map(([field, modifiers, values]): [string, unknown] => [field + modifiers, values]),
  },
  fc.constantFrom<[string, unknown]>(
    ['a|re', 'a.c'],
    ['b|exists', true],
    ['a', null],
    ['a|gt', 3],
    ['a|fieldref', 'b'],
    ['b|cidr', '10.0.0.0/8'],
    ['b|hour', 3],
  ),
);
const keyword = phrase.filter((text) => text !== '');
const selection = fc.oneof(
  { weight: 5, arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => Object.fromEntries(items)) },
  { weight: 1, arbitrary: fc.array(keyword, { minLength: 1, maxLength: 3 }) },
);
const condition = fc.constantFrom(
  ...[
    's',
    's and t',
    's or t',
    's and not t',
    'not s',
    '1 of them',
    'all of them',
    '(s or t) and u',
    's and (t or not u)',
  ],
);
const detection = fc
  .tuple(selection, selection, selection, condition)
  .map(([s, t, u, c]) => ({ s, t, u, condition: c }));
const ruleFile = (block: unknown, n: number): RuleFile => ({
  file: `rule${n}.yml`,
  text: stringify({
    title: `Rule ${n}`,
    name: `rule${n}`,
    logsource: { product: 'weir', service: 'log' },
    detection: block,
  }),
});

const scalar = fc.oneof(
  { weight: 4, arbitrary: phrase },
  fc.constantFrom(0, -0, 1, 12, 1e21, -1.5, true, false, null, '10.1.2.3'),
);
const anything = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxLength: 3 }),
  fc.record({ d: scalar }),
);
const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'other'), anything, { maxKeys: 4 });

/** Some texts of which an event has to hold one of each, so that the rule may match. */
function textsOf(need: Need | undefined, choose: number): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  const visit = (one: Need): void => {
    if (one.kind === 'literals') {
      const { text, where } = one.literals[choose % one.literals.length];
      const padded = where === 'whole' ? text : (where === 'start' ? '' : 'x ') + text + (where === 'end' ? '' : ' y');
      texts.set(one.field.key, [...(texts.get(one.field.key) ?? []), padded]);
    } else if (one.kind === 'all') for (const inner of one.of) visit(inner);
    else visit(one.of[choose % one.of.length]);
  };
  if (need !== undefined) visit(need);
  return texts;
}

describe('Dispatch', () => {
  it('names every rule that matches, whatever rules ask for and events hold', () => {
    const rules = { made: 0, run: 0 };
    fc.assert(
      fc.property(
        fc.array(detection, { minLength: 1, maxLength: 70 }),
        fc.array(data, { minLength: 1, maxLength: 8 }),
        (blocks, all) => {
          const { detections, matching, dispatched } = given(blocks.map(ruleFile), 'log');
          for (const one of all) expect(dispatched(logEvent(one))).toEqual(matching(logEvent(one)));
          rules.made += blocks.length;
          rules.run += detections.length;
        },
      ),
      { numRuns: 300 },
    );
    // The others are refused: there are no numbers or dates to be compared with, and the like.
    expect(rules.run).toBeGreaterThan(rules.made / 2);
  });

  it('names few others: of a thousand rules those whose text is there', () => {
    const kinds = ['contains', 'startswith', 'endswith', 'cased'];
    const files = Array.from({ length: 1000 }, (_, n) =>
      ruleFile({ s: { service: 'web', [`body|${kinds[n % 4]}`]: `Text ${n}.` }, condition: 's' }, n),
    );
    const { candidates } = given(files, 'log');
    const named = (body: string, service = 'web') => namesOf(candidates(logEvent({ service, body })));
    expect(named('nothing')).toEqual([]);
    expect(named('TEXT 500.')).toEqual(['rule500']);
    expect(named('a text 500. text 504. and text 507., TEXT 502.')).toEqual(['rule500', 'rule502', 'rule504']);
    expect(named('text 501. and more')).toEqual(['rule501']);
    expect(named('Text 3.')).toEqual(['rule3']);
    expect(named('text 500.', 'mail')).toEqual([]);
  });

  it('names rules of which nothing is known for every event, and all where there are few', () => {
    const unknown = ruleFile({ s: { 'body|re': 'x' }, condition: 's' }, 0);
    const known = Array.from({ length: 40 }, (_, n) => ruleFile({ s: { body: `text ${n}` }, condition: 's' }, n + 1));
    const nothing = logEvent({ body: 'y' });
    expect(namesOf(given([unknown, ...known], 'log').candidates(nothing))).toEqual(['rule0']);
    expect(given(known.slice(0, 3), 'log').candidates(nothing)).toHaveLength(3);
  });

  it('looks for nothing where no gate is open', () => {
    const keywords = Array.from({ length: 40 }, (_, n) => ({
      file: `${n}.yml`,
      text: stringify({
        title: `${n}`,
        logsource: { product: 'linux', service: 'auth' },
        detection: { k: [`word ${n}`], condition: 'k' },
      }),
    }));
    const { candidates } = given(keywords, 'log');
    const auth = { product: 'linux', service: 'auth' };
    expect(candidates(logEvent({ attributes: { logsource: auth, message: 'a word 7' } }))).toHaveLength(1);
    expect(
      candidates(logEvent({ attributes: { logsource: { ...auth, product: 'macos' }, message: 'a word 7' } })),
    ).toEqual([]);
  });
});

const sigma = new URL('../../../../../shared/data/sigma/', import.meta.url).pathname;
const there = existsSync(sigma);
if (!there) console.warn('LEFT OUT: THE RULES OF SIGMA DISPATCHED, AS ../shared/data/sigma IS NOT THERE');

describe.skipIf(!there)('the rules of Sigma, dispatched', () => {
  const files = globSync(['regression/*/rule.yml', 'rules/**/*.yml'], { cwd: sigma }).toSorted();
  const rules = files.map((file) => ({ file, text: readFileSync(sigma + file, 'utf8') }));

  it('match the events that were recorded for them as each rule asked alone does', () => {
    const { detections, matching, dispatched, candidates } = given(rules, 'log');
    let [events, asked, matched] = [0, 0, 0];
    for (const file of globSync('regression/*/*.json', { cwd: sigma }))
      for (const text of readFileSync(sigma + file, 'utf8').split(/^(?=\{)/m)) {
        const event = logEvent({ service: 'windows', body: '', attributes: JSON.parse(text) as unknown });
        const expected = matching(event);
        expect(dispatched(event)).toEqual(expected);
        events++;
        asked += candidates(event).length;
        matched += expected.length;
      }
    expect(events).toBeGreaterThanOrEqual(115);
    expect(matched).toBeGreaterThanOrEqual(115);
    // Of some five hundred rules.
    expect(detections.length).toBeGreaterThan(400);
    expect(asked / events).toBeLessThan(4);
  });

  it.each(['log', 'api.call', 'login'])('match %s events made of what each of them needs, too', (type) => {
    const { detections, paths, matching, dispatched } = given(rules, type);
    let matched = 0;
    for (const { need } of detections)
      for (let choose = 0; choose < 5; choose++) {
        const event: Fields = { id: '1', source: 's', type };
        for (const [key, texts] of textsOf(need, choose)) {
          // Fields that are put together, and keywords, are found in the first of their fields.
          const slot = Number(/\d+/.exec(key)![0]);
          const path = paths[slot] === 'data' ? ['data', 'any'] : paths[slot].split('.');
          set(event, path, texts.length > 1 ? texts : texts[0].toUpperCase());
        }
        const expected = matching(event);
        expect(dispatched(event)).toEqual(expected);
        matched += expected.length;
      }
    expect(matched).toBeGreaterThan(detections.length / 2);
  });
});

function set(event: Fields, [key, ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) event[key] = value;
  else set((event[key] ??= {}) as Fields, rest, value);
}
