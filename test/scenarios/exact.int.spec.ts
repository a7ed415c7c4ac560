import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '#libs/events';
import { planOf } from './detect.js';
import { DetectionRun, latestOf } from './detection-run.js';
import { answer, expectedOf, hasRealData, realSets, rightAnswer, rulesFor, shuffled, tenthTwice } from './real-data.js';

const latenessMs = 60_000;
const counts = [1, 4, 16];

let run: DetectionRun | undefined;
afterEach(async () => {
  await run?.close();
  run = undefined;
});

const answerOf = (written: readonly Alert[]): string[] =>
  answer(
    latestOf(written).map(({ rule, group, openedAt, peak }) => ({
      rule: rule.name,
      group,
      openedAt: Date.parse(openedAt),
      peak,
    })),
  );

/** The log on disk, both stages and the transport between them: nothing here is put in place of the real thing. */
describe.runIf(hasRealData).each(realSets)('$name through the log', ({ folder, counts: counted, events: load }) => {
  const expected = expectedOf(`${folder}/expected.csv`);
  const plan = planOf(rulesFor(expected, counted));
  const events = load();
  const right = rightAnswer(expected);
  // The thousands of the honeypot one by one would be minutes of waiting for the disk: a few at a time.
  const smallEvents = Math.ceil(events.length / 1500);

  const finish = async ({ failures }: DetectionRun): Promise<void> => {
    await run!.settle();
    await run!.stop();
    expect(failures).toEqual([]);
    expect(answerOf(await run!.written())).toEqual(right);
  };

  it.each(counts)('is exact read in one go, over %i partitions', async (partitions) => {
    run = await DetectionRun.open(plan, partitions);
    await run.append(events, 500);
    await run.start();
    await finish(run);
  });

  it.each(counts)('is exact shuffled and repeated, read in one go, over %i partitions', async (partitions) => {
    run = await DetectionRun.open(plan, partitions);
    await run.append(tenthTwice(shuffled(events, latenessMs, partitions)), 200);
    await run.start();
    await finish(run);
  });

  it.each(counts)('is exact as events come one by one, over %i partitions', async (partitions) => {
    run = await DetectionRun.open(plan, partitions);
    await run.start();
    await run.append(tenthTwice(shuffled(events, latenessMs, 7 + partitions)), smallEvents);
    await finish(run);
  });

  it.each(counts)('is exact stopped in the middle and started again, over %i partitions', async (partitions) => {
    const sent = tenthTwice(shuffled(events, latenessMs, 3 + partitions));
    run = await DetectionRun.open(plan, partitions);
    for (let third = 0; third < 3; third++) {
      await run.start();
      await run.append(sent.slice((third * sent.length) / 3, ((third + 1) * sent.length) / 3), 20 * smallEvents);
      // Wherever it stands: the next start goes on from there.
      await run.stop();
    }
    await run.start();
    await finish(run);
  });

  it.each(counts)(
    'is exact cut off in the middle, with and without snapshots, over %i partitions',
    async (partitions) => {
      const sent = tenthTwice(shuffled(events, latenessMs, 5 + partitions));
      run = await DetectionRun.open(plan, partitions);
      const cuts = [false, true, false, true];
      for (const [i, snapshots] of cuts.entries()) {
        await run.start();
        const part = sent.slice((i * sent.length) / cuts.length, ((i + 1) * sent.length) / cuts.length);
        await run.append(part, 20 * smallEvents);
        if (i === 2) await run.stop();
        run = await run.crash({ snapshots: !snapshots });
      }
      await run.start();
      await finish(run);
    },
  );
});
