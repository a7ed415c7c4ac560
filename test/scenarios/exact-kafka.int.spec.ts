import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '#libs/clock';
import { openKafkaLog } from '#libs/log';
import { kafkaForTests, type TestKafka } from '../../libs/log/testing/kafka.js';
import { planOf } from './detect.js';
import { DetectionRun, latestOf } from './detection-run.js';
import { answer, expectedOf, hasRealData, realSets, rightAnswer, rulesFor, shuffled, tenthTwice } from './real-data.js';

const kafka = await kafkaForTests('real logs through Kafka and both stages');
const latenessMs = 60_000;
let number = 0;
const prefix = `exact-${process.pid}-${Math.trunc(performance.timeOrigin)}-`;

/** As over the embedded log: the answers are those that others counted, whatever the engine. */
function exactOn(cluster: TestKafka): void {
  let run: DetectionRun | undefined;
  afterEach(() => run?.close());
  afterAll(() => cluster.deleteAll(prefix));
  const open = () => openKafkaLog({ brokers: cluster.brokers, clock: systemClock, prefix: `${prefix}${number++}.` });

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
      run = await DetectionRun.open(planOf(rules), partitions, undefined, open);
      await run.append(events, 500);
      await run.start();
      await finish(run);
    });

    it.each([1, 4, 16])(
      'shuffled and repeated, a few at a time, stopped in between, over %i partitions',
      async (partitions) => {
        const sent = tenthTwice(shuffled(events, latenessMs, partitions));
        const half = sent.length >> 1;
        run = await DetectionRun.open(planOf(rules), partitions, undefined, open);
        for (const part of [sent.slice(0, half), sent.slice(half)]) {
          await run.stop();
          await run.start();
          await run.append(part, Math.ceil(sent.length / 400));
        }
        await finish(run);
      },
    );
  });
}

if (kafka) describe('exact on Kafka', () => exactOn(kafka));
