import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeEvent } from '#libs/events';
import { detect, planOf } from './detect.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rules = globSync('rules/**/*.yml', { cwd: root })
  .sort()
  .map((file) => ({ file, text: readFileSync(`${root}${file}`, 'utf8') }));
const folders = globSync('test/scenarios/*/alerts.json', { cwd: root }).map((file) => file.split('/')[2]);

/** A folder is a log in and alerts out; all shipped rules run on it. */
describe.each(folders.sort())('%s', (folder) => {
  const at = `${root}test/scenarios/${folder}`;
  const inputs = readFileSync(`${at}/log.ndjson`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const decoded = decodeEvent(line);
      if (decoded.kind !== 'ok') throw new TypeError(decoded.reason);
      return { type: decoded.type, key: decoded.key, timeMs: decoded.timeMs, value: Buffer.from(line) };
    });

  it.each([1, 16])('gives its alerts over %i partitions', (partitions) => {
    const iso = (ms: number) => new Date(ms).toISOString();
    const alerts = detect(planOf(rules), inputs, { partitions })
      .map(({ rule, group, openedAt, firstSeen, lastSeen, value, peak, events }) => {
        const times = { openedAt: iso(openedAt), firstSeen: iso(firstSeen), lastSeen: iso(lastSeen) };
        return { rule, group, ...times, value, peak, events };
      })
      .sort((a, b) => (a.openedAt + a.rule < b.openedAt + b.rule ? -1 : 1));
    expect(alerts).toEqual(JSON.parse(readFileSync(`${at}/alerts.json`, 'utf8')));
  });
});
