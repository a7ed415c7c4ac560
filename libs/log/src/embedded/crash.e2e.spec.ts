import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#libs/clock';
import { rejection } from '../../contract/fixture.js';
import { freshFolder } from '../../testing/folders.js';
import { salvage } from '../../testing/salvage.js';
import { openEmbeddedLog } from './embedded-log.js';
import type { Damage } from './limits.js';

const rounds = 20;
const appender = join(import.meta.dirname, '../../../../dist/libs/log/testing/appender.js');

interface Line {
  ready?: true;
  partition: number;
  offsets: number[];
  values: string[];
  committed?: number;
  metadata: string;
}

let directory: string;
beforeEach(async () => {
  directory = await freshFolder();
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A process that appends until it is killed; `lines`: what it said. Needs a build. */
async function startAppender(round: number) {
  const child = spawn(process.execPath, [appender, directory, `${round}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const lines: Line[] = [];
  const reader = createInterface({ input: child.stdout });
  const ready = Promise.withResolvers<void>();
  reader.on('line', (text) => {
    // The last line may be cut.
    if (text.endsWith('}')) lines.push(JSON.parse(text));
    ready.resolve();
  });
  child.on('error', ready.reject);
  child.on('exit', () => ready.reject(new RangeError('The appender ended before it was ready.')));
  await ready.promise;
  const kill = async () => {
    const closed = once(reader, 'close');
    child.kill('SIGKILL');
    await closed;
  };
  return { pid: child.pid, lines, kill };
}

describe('a process that is killed', () => {
  it('leaves every acknowledged record in the log once, and nothing torn', async () => {
    const acknowledged = new Map<string, string>();
    let committed: Line | undefined;
    for (let round = 0; round < rounds; round++) {
      const running = await startAppender(round);
      await delay(20 + ((round * 83) % 250));
      await running.kill();
      for (const line of running.lines) {
        if (line.committed !== undefined) committed = line;
        for (const [i, value] of line.values?.entries() ?? []) {
          acknowledged.set(`${line.partition}/${line.offsets[i]}`, value);
        }
      }
      const damage: Damage[] = [];
      const log = await openEmbeddedLog({ directory, clock: systemClock, onDamage: (each) => damage.push(each) });
      expect(damage.filter(({ kind }) => kind !== 'tail-cut')).toEqual([]);
      const stored = new Map<string, string>();
      for (let partition = 0; partition < 4; partition++) {
        const { records, lost } = await salvage(log, 't', partition);
        expect(lost).toEqual([]);
        for (const [offset, value] of records) stored.set(`${partition}/${offset}`, value);
      }
      for (const [place, value] of acknowledged) if (stored.get(place) !== value) expect(stored.get(place)).toBe(value);
      expect(new Set(stored.values()).size).toBe(stored.size);
      const [position] = (await log.describeGroup('g')).positions;
      if (committed?.metadata === `${round}`) {
        expect(position.metadata).toBe(`${round}`);
        expect(position.offset).toBeGreaterThanOrEqual(committed.committed!);
      }
      await log.close();
    }
    expect(acknowledged.size).toBeGreaterThan(1000);
  });
});

describe('a second process', () => {
  it('is refused while the first lives, by name, and let in once that is killed', async () => {
    const open = () => openEmbeddedLog({ directory, clock: systemClock });
    const running = await startAppender(0);
    await expect(open()).rejects.toEqual(rejection('LOG_LOCKED', { directory, pid: running.pid }));
    await expect(open()).rejects.toThrow(`pid ${running.pid}`);
    await running.kill();
    const log = await open();
    await expect(open()).rejects.toEqual(rejection('LOG_LOCKED', { pid: process.pid }));
    await log.close();
    await (await open()).close();
  });
});
