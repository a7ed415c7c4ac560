import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock, systemClock } from '#libs/clock';
import { Matcher, planRules } from '#libs/detection';
import { topics } from '#libs/events';
import { batchOfRecords, type Log, openEmbeddedLog } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { FolderSnapshots } from '#libs/stream';
import { createLogger, createMetrics } from '#libs/telemetry';
import type { DetectPorts } from './ports.js';
import { WindowController } from './window.controller.js';

const rules = `title: Failed login
id: 7a2837d2-27e5-415b-a1b2-df5dc8ad2f2e
name: failed
logsource: { product: weir, service: login }
detection: { selection: { outcome: failure }, condition: selection }
---
title: Guessing
id: 44c6be88-d697-4c9c-a697-ae43479d3249
name: guessing
level: high
correlation: { type: event_count, rules: [failed], group-by: [ip], timespan: 60s, condition: { gte: 3 } }
`;
const options = { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 1_000, groupsMax: 1_000 };
const plan = planRules(compileRules([{ file: 'guessing.yml', text: rules }]), { latenessMs: 60_000, groupsMax: 1_000 });
const start = Date.UTC(2026, 0, 1);

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
    plan,
    snapshots: new FolderSnapshots(join(directory, 'snapshots')),
    metrics: createMetrics(),
    logger: createLogger('silent'),
    options,
  };
  return new WindowController(ports);
}

/** Each list is what one step of the first stage found: failed logins, by their second. */
async function matched(...steps: readonly (readonly number[])[]): Promise<void> {
  const matcher = new Matcher(plan, options);
  let offset = 0;
  for (const [step, seconds] of steps.entries()) {
    const records = seconds.map((second, i) => {
      const time = start + second * 1_000;
      const data = { outcome: 'failure', ip: '192.0.2.1' };
      const event = { specversion: '1.0', id: `${offset + i}`, source: '/s', type: 'login', time: iso(time), data };
      return { time, recordedAt: start + step, value: Buffer.from(JSON.stringify(event)) };
    });
    await log.append('login', records);
    await log.append(topics.matches, matcher.match([batchOfRecords('login', 0, offset, records)], start).matches);
    offset += records.length;
  }
}

const iso = (ms: number) => new Date(ms).toISOString();

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
