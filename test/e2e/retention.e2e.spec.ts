import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cli } from '../../apps/weir/testing/cli.js';
import { adminKey, alertsOf } from './outcome.js';
import { Sender } from './sender.js';
import { trafficBatches } from './traffic.js';

/** Far less than the traffic takes. */
const settings = { WEIR_RETENTION: '1MiB', WEIR_PARTITIONS: '2' };

const [traffic] = trafficBatches(42);

let cli: Cli;
let sender: Sender;
beforeEach(() => {
  cli = new Cli();
  sender = new Sender();
});
afterEach(() => cli.close());

test('detection that was away longer than events are kept says what it missed, and goes on', async () => {
  const before = await cli.start(settings);
  const key = adminKey(cli);
  sender.aim(before.url, key);
  for (const batch of traffic.slice(0, 20)) await sender.send(batch);
  await cli.json('lag', '--wait');
  expect((await before.end()).code).toBe(0);

  const ingest = cli.launch(settings, ['ingest']);
  sender.aim((await ingest.ready()).url);
  for (const batch of traffic.slice(20)) await sender.send(batch);
  expect((await ingest.end()).code).toBe(0);

  const after = await cli.start(settings);
  const { items } = await cli.json<{ items: { group: string; expired: number }[] }>('lag', '--wait');
  expect(items.length).toBeGreaterThan(0);
  const page = await (await fetch(`${after.url}/metrics`, { headers: { 'x-api-key': key } })).text();
  const skipped =
    /^weir_consumer_skipped_records_total\{group="detect.match",topic="api.call",reason="LOG_OFFSET_EXPIRED"\} (\d+)$/m;
  expect(Number(skipped.exec(page)?.[1])).toBeGreaterThan(1_000);
  expect((await alertsOf(after.url, key)).length).toBeGreaterThan(5);
  const { code, stderr } = await after.end();
  expect(code).toBe(0);
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 50,
      stage: 'detect.match',
      topic: 'api.call',
      reason: 'LOG_OFFSET_EXPIRED',
      skippedRecords: expect.any(Number),
      msg: expect.stringMatching(/^Records are skipped. Offset \d+ of api.call\/\d was deleted by retention/),
    }),
  );

  // It was there in time from then on.
  const again = await cli.start(settings);
  await cli.json('lag', '--wait');
  expect(await again.end()).toEqual({ code: 0, stderr: '' });
});
