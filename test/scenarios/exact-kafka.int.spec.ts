import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '#libs/clock';
import { openKafkaLog } from '#libs/log';
import { kafkaForTests, type TestKafka } from '../../libs/log/testing/kafka.js';
import { planOf } from './detect.js';
import { DetectionRun, latestOf } from './detection-run.js';
import { answer, expectedOf, hasRealData, realSets, rightAnswer, rulesFor, shuffled, tenthTwice } from './real-data.js';
import { type SeverableLog, severable } from './severable-log.js';

const kafka = await kafkaForTests('real logs through Kafka and both stages');
const latenessMs = 60_000;
let number = 0;
const prefix = `exact-${process.pid}-${Math.trunc(performance.timeOrigin)}-`;

/** As over the embedded log: the answers are those that others counted, whatever the engine. */
function exactOn(cluster: TestKafka): void {
  let run: DetectionRun | undefined;
  let opened: SeverableLog;
  afterEach(() => run?.close());
  afterAll(() => cluster.deleteAll(prefix));
  /** Opens the log of one test, the same one again after a crash. */
  const opener = () => {
    const options = { brokers: cluster.brokers, clock: systemClock, prefix: `${prefix}${number++}.` };
    return async () => {
      opened = severable(await openKafkaLog(options));
      return opened.log;
    };
  };

  describe.runIf(hasRealData).each(realSets)('$name', ({ folder, counts, events: load }) => {
    const expected = expectedOf(`${folder}/expected.csv`);
    const rules = rulesFor(expected, counts);
    const right = rightAnswer(expected);
    const events = load();
    const finish = async (ended: DetectionRun) => {
      await ended.settle();
      await ended.stop();
      expect(ended.failures).toEqual([]);
      const alerts = latestOf(await ended.written());
      const found = alerts.map(({ rule, group, openedAt, peak }) => {
        return { rule: rule.name, group, openedAt: Date.parse(openedAt), peak };
      });
      expect(answer(found)).toEqual(right);
    };

    it.each([1, 4, 16])('read in one go, over %i partitions', async (partitions) => {
      run = await DetectionRun.open(planOf(rules), partitions, undefined, opener());
      await run.append(events, 500);
      await run.start();
      await finish(run);
    });

    it.each([1, 4, 16])(
      'shuffled and repeated, a few at a time, stopped in between, over %i partitions',
      async (partitions) => {
        const sent = tenthTwice(shuffled(events, latenessMs, partitions));
        const half = sent.length >> 1;
        run = await DetectionRun.open(planOf(rules), partitions, undefined, opener());
        for (const part of [sent.slice(0, half), sent.slice(half)]) {
          await run.stop();
          await run.start();
          await run.append(part, Math.ceil(sent.length / 400));
        }
        await finish(run);
      },
    );

    // What hangs on the number of partitions is shown by those above: these run over one number, to save minutes.
    it('shuffled and repeated, read in one go', async () => {
      run = await DetectionRun.open(planOf(rules), 4, undefined, opener());
      await run.append(tenthTwice(shuffled(events, latenessMs, 4)), 200);
      await run.start();
      await finish(run);
    });

    it('cut off in the middle as by a crash, with and without snapshots', async () => {
      const sent = tenthTwice(shuffled(events, latenessMs, 9));
      run = await DetectionRun.open(planOf(rules), 4, undefined, opener());
      const cuts = [false, true, false, true];
      for (const [i, snapshots] of cuts.entries()) {
        await run.start();
        const part = sent.slice((i * sent.length) / cuts.length, ((i + 1) * sent.length) / cuts.length);
        await run.append(part, Math.ceil(sent.length / 400));
        if (i === 2) await run.stop();
        run = await run.crash({ snapshots: !snapshots }, opened.sever);
      }
      await run.start();
      await finish(run);
    });
  });
}

if (kafka) describe('exact on Kafka', () => exactOn(kafka));
