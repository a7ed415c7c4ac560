import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { detect, type Input, planOf } from './detect.js';

const data = new URL('../../../shared/data/sigma/regression/', import.meta.url).pathname;
const there = existsSync(data);
if (!there) console.warn('LEFT OUT: WINDOWS EVENTS THROUGH DETECTION, AS ../shared/data/sigma IS NOT THERE');

/** A recorded Windows event, as a `log` event that carries it whole. */
function input(text: string, id: number): Input {
  const attributes: unknown = JSON.parse(text);
  const time = new Date(1_760_000_000_000 + id * 1000).toISOString();
  const event = { specversion: '1.0', id: String(id), source: 's', type: 'log', time };
  const value = Buffer.from(
    JSON.stringify({ ...event, data: { service: 'windows', host: 'pc1', body: '', attributes } }),
  );
  return { type: { topic: 'log' }, key: 'windows\npc1', timeMs: Date.parse(time), value };
}

describe.skipIf(!there)("Sigma's rules for Windows", () => {
  it('each raise an alert for the event that was recorded for them', () => {
    const rules = globSync('*/rule.yml', { cwd: data }).toSorted();
    const plan = planOf(rules.map((file) => ({ file, text: readFileSync(data + file, 'utf8') })));
    const texts = globSync('*/*.json', { cwd: data })
      .toSorted()
      .flatMap((file) => readFileSync(data + file, 'utf8').split(/^(?=\{)/m));
    const alerts = detect(plan, texts.map(input), { partitions: 4 });
    const alerting = new Set(alerts.map(({ rule }) => rule));
    expect(alerting.size).toBe(115);
    expect(alerts.every(({ group }) => group.host === 'pc1')).toBe(true);
  });
});
