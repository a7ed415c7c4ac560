import { describe, expect, it } from 'vitest';
import { detect, planOf } from './detect.js';
import { answer, expectedOf, hasRealData, realSets, rightAnswer, rulesFor, shuffled, tenthTwice } from './real-data.js';

describe.runIf(hasRealData).each(realSets)('$name', ({ folder, counts, events: load }) => {
  const expected = expectedOf(`${folder}/expected.csv`);
  const plan = planOf(rulesFor(expected, counts));
  const events = load();
  const right = rightAnswer(expected);

  it.each([1, 4, 16])('names exactly the expected keys, first fires and peaks over %i partitions', (partitions) => {
    expect(answer(detect(plan, events, { partitions }))).toEqual(right);
  });

  it.each([1, 4, 16])(
    'does so shuffled within the lateness and with every tenth event twice, over %i partitions',
    (partitions) => {
      const alerts = detect(plan, tenthTwice(shuffled(events, 60_000, partitions)), { partitions, appendEvents: 100 });
      expect(answer(alerts)).toEqual(right);
    },
  );

  it.each([1, 4, 16])('does so one event at a time over %i partitions, shuffled and repeated', (partitions) => {
    const alerts = detect(plan, tenthTwice(shuffled(events, 60_000, 7)), { partitions, appendEvents: 1 });
    expect(answer(alerts)).toEqual(right);
  });
});
