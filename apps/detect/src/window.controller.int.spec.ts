import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock, systemClock } from '#libs/clock';
import { Matcher } from '#libs/detection';
import { topics } from '#libs/events';
import { batchOfRecords, type Log, openEmbeddedLog } from '#libs/log';
import { FolderSnapshots } from '#libs/stream';
import { createLogger, createMetrics } from '#libs/telemetry';
import { failedLogin, options, plan, start } from '../testing/guessing.js';
import type { DetectPorts } from './ports.js';
import { Urgency } from './urgency.js';
import { WindowController } from './window.controller.js';

let directory: string;
let log: Log;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
  log = await openEmbeddedLog({ directory: join(directory, 'log'), clock: systemClock });
  for (const topic of [topics.matches, topics.alert, 'login']) await log.createTopic(topic, { partitions: 1 });
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

function controller(): WindowController {
  const ports: DetectPorts = {
    log,
    clock: new ManualClock(start),
    plans: { current: plan, subscribe: () => {} },
    snapshots: new FolderSnapshots(join(directory, 'snapshots')),
    metrics: createMetrics(),
    logger: createLogger('silent'),
    options,
  };
  return new WindowController(ports, new Urgency());
}

/** Each list is what one step of the first stage found: failed logins, by their second. */
async function matched(...steps: readonly (readonly number[])[]): Promise<void> {
  const matcher = new Matcher(plan, options);
  let offset = 0;
  for (const [step, seconds] of steps.entries()) {
    const records = seconds.map((second, i) => ({
      ...failedLogin(`${offset + i}`, second, '192.0.2.1'),
      recordedAt: start + step,
    }));
    await log.append('login', records);
    await log.append(topics.matches, matcher.match([batchOfRecords('login', 0, offset, records)], start).matches);
    offset += records.length;
  }
}

/** Runs the stage from where it stands, so many records at once; gives the ids of the alerts it wrote. */
async function run(recordsMax: number): Promise<Set<string>> {
  const stage = controller();
  const { next } = (await log.describe(topics.alert)).partitions[0];
  const [from] = await stage.assigned([{ topic: topics.matches, partition: 0, offset: 0, metadata: '' }]);
  for (let offset = from; ; ) {
    const batch = await log.read(topics.matches, 0, offset, { recordsMax });
    if (batch.count === 0) break;
    await stage.window(batch);
    offset = batch.nextOffset;
  }
  await stage.tick();
  const written = await log.read(topics.alert, 0, next);
  return new Set(Array.from({ length: written.count }, (_, i) => JSON.parse(written.value(i).toString()).subject));
}

test('an alert has the same identity however many records are read at once', async () => {
  // The third arrives late: together with the fourth it would only be seen after that had fired.
  await matched([10, 20], [15], [30]);
  const oneByOne = await run(1);
  expect(oneByOne.size).toBe(1);
  expect(await run(2)).toEqual(oneByOne);
  expect(await run(100)).toEqual(oneByOne);
});
