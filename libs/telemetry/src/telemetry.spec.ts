import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { createMetrics, metricTable, Repeats } from './index.js';
import { shortLines } from './logger.js';

test('the page has every metric of the table and the defaults of the process', async () => {
  const metrics = createMetrics();
  metrics.weir_ingest_events_total.inc({ stream: 'nginx', outcome: 'accepted' }, 100);
  metrics.weir_window_groups.set({ rule: 'r' }, 7);
  metrics.weir_log_append_seconds.observe(0.0004);
  const page = await metrics.page();
  for (const name of Object.keys(metricTable)) expect(page).toContain(`# TYPE ${name} `);
  expect(page).toContain('weir_ingest_events_total{stream="nginx",outcome="accepted"} 100');
  expect(page).toContain('weir_log_append_seconds_bucket{le="0.0005"} 1');
  expect(page).toContain('process_resident_memory_bytes');
});

test('two sets of metrics share nothing', async () => {
  const one = createMetrics();
  const other = createMetrics();
  one.weir_match_events_total.inc(3);
  expect(await other.page()).toContain('weir_match_events_total 0');
});

test('what threads count is added up, by label and by bucket', async () => {
  const [process, ...threads] = [createMetrics(), createMetrics('thread'), createMetrics('thread')];
  for (const [i, thread] of threads.entries()) {
    // As it crosses.
    process.add(async () => structuredClone(await thread.counted()));
    thread.weir_dead_letters_total.inc({ reason: 'RECORD_UNREADABLE' }, 1 + i);
    thread.weir_window_groups.set({ rule: `r${i}` }, 7);
    thread.weir_log_append_seconds.observe(0.0004);
  }
  process.weir_dead_letters_total.inc({ reason: 'RECORD_UNREADABLE' }, 10);
  process.weir_dead_letters_total.inc({ reason: 'EVENT_NOT_OBJECT' }, 1);
  const page = await process.page();
  expect(page).toContain('weir_dead_letters_total{reason="RECORD_UNREADABLE"} 13\n');
  expect(page).toContain('weir_dead_letters_total{reason="EVENT_NOT_OBJECT"} 1\n');
  expect(page).toContain('weir_window_groups{rule="r0"} 7\nweir_window_groups{rule="r1"} 7\n');
  expect(page).toContain('weir_log_append_seconds_bucket{le="0.0005"} 2\n');
  expect(page).toContain('weir_log_append_seconds_count 2\n');
  expect(page.match(/^process_start_time_seconds /gm)).toHaveLength(1);
  expect(page.match(/^# TYPE /gm)).toHaveLength(new Set(page.match(/^# TYPE \w+/gm)).size);
  expect(await threads[0].page()).not.toContain('process_');
});

test('a terminal gets short lines', () => {
  const out = new PassThrough();
  const logger = pino({ base: null, timestamp: () => ',"time":"2026-03-01T12:04:05.000Z"' }, shortLines(out));
  logger.warn({ topic: 'login', partition: 3 }, 'paused');
  expect(String(out.read())).toBe('12:04:05 warn  paused topic=login partition=3\n');
});

test('what repeats is said once in ten seconds, with how often it was not', () => {
  const clock = new ManualClock(5_000);
  const repeats = new Repeats(clock);
  const said: string[] = [];
  for (let i = 0; i < 25; i++) {
    repeats.once('a', (held) => said.push(`a +${held}`));
    if (i === 3) repeats.once('b', (held) => said.push(`b +${held}`));
    clock.advance(1_000);
  }
  expect(said).toEqual(['a +0', 'b +0', 'a +9', 'a +9']);
});
