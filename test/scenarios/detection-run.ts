import 'reflect-metadata';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { systemClock } from '#libs/clock';
import type { DetectionPlan } from '#libs/detection';
import { type Alert, eventTypes, topics } from '#libs/events';
import { type Log, openEmbeddedLog } from '#libs/log';
import { FolderSnapshots } from '#libs/stream';
import { createLogger, createMetrics } from '#libs/telemetry';
import { DetectModule } from '../../apps/detect/src/index.js';
import { LogTransport } from '../../apps/platform/src/index.js';
import type { Input } from './detect.js';

const groups = ['detect.match', 'detect.window'];
const limits = { dedupeHorizonMs: 600_000, identitiesMax: 1 << 20, groupsMax: 1_000_000 };

const openOnDisk = (folder: string): Promise<Log> =>
  openEmbeddedLog({ directory: join(folder, 'log'), clock: systemClock });

/**
 * Detection as it runs live: the log (on disk, where none is given), both stages behind the transport, alerts on their topic. It can be
 * stopped and started, and be cut off as by a crash.
 */
export class DetectionRun {
  private app: INestMicroservice | undefined;
  /** What steps failed with; they were tried again. */
  readonly failures: unknown[] = [];

  private constructor(
    readonly folder: string,
    readonly log: Log,
    private readonly plan: DetectionPlan,
    private readonly partitions: number,
    private readonly openLog: (folder: string) => Promise<Log>,
  ) {}

  static async open(
    plan: DetectionPlan,
    partitions: number,
    folder = mkdtempSync(join(tmpdir(), 'weir-detection-')),
    openLog = openOnDisk,
  ): Promise<DetectionRun> {
    const log = await openLog(folder);
    for (const { topic } of eventTypes) await log.createTopic(topic, { partitions });
    for (const topic of [topics.matches, topics.deadLetters]) await log.createTopic(topic, { partitions });
    return new DetectionRun(folder, log, plan, partitions, openLog);
  }

  /** Appends in this order, so many events an append, the next when the one before is durable. */
  async append(inputs: readonly Input[], appendEvents = inputs.length): Promise<void> {
    for (let at = 0; at < inputs.length; at += appendEvents) {
      const together = inputs.slice(at, at + appendEvents);
      const byTopic = Map.groupBy(together, ({ type }) => type.topic);
      for (const [topic, events] of byTopic) {
        const records = events.map(({ key, timeMs, value }) => ({ key: Buffer.from(key), time: timeMs, value }));
        await this.log.append(topic, records);
      }
    }
  }

  async start(): Promise<void> {
    const ports = {
      log: this.log,
      clock: systemClock,
      plans: { current: this.plan, subscribe: () => {} },
      snapshots: new FolderSnapshots(this.snapshots),
      metrics: createMetrics(),
      logger: createLogger('silent'),
      options: { ...limits, partitions: this.partitions },
    };
    const strategy = new LogTransport({ log: this.log, failed: (error) => this.failures.push(error) });
    this.app = await NestFactory.createMicroservice(DetectModule.register(ports), { strategy, logger: false });
    await this.app.listen();
  }

  /** Ends as a process does that is asked to: the step under way, what waits, a snapshot. */
  async stop(): Promise<void> {
    await this.app?.close();
    this.app = undefined;
  }

  /** Resolves when both stages are done with all there is. */
  async settle(): Promise<void> {
    while (!(await this.isSettled())) await delay(5);
  }

  /**
   * The same folder as a crash at this moment would leave it, opened by a process that comes after. This one is ended.
   * Copied in the order that keeps what a stage wrote no newer than what it read. `sever`: where the log is elsewhere,
   * ends in this moment what this process writes there.
   */
  async crash(without: { snapshots: boolean }, sever = () => {}): Promise<DetectionRun> {
    const copy = mkdtempSync(join(tmpdir(), 'weir-detection-'));
    const copied = ['log/positions', ...[topics.alert, topics.matches, ''].map((topic) => `log/topics/${topic}`)];
    for (const path of without.snapshots ? copied : ['snapshots', ...copied]) {
      const from = join(this.folder, path);
      if (existsSync(from)) cpSync(from, join(copy, path), { recursive: true, force: false });
    }
    sever();
    await this.close();
    return DetectionRun.open(this.plan, this.partitions, copy, this.openLog);
  }

  /** Every alert record, partition by partition, as it was written. */
  async written(): Promise<Alert[]> {
    const alerts: Alert[] = [];
    for (const { partition, next } of (await this.log.describe(topics.alert)).partitions) {
      for (let offset = 0; offset < next; ) {
        const batch = await this.log.read(topics.alert, partition, offset);
        for (let i = 0; i < batch.count; i++) alerts.push(JSON.parse(batch.value(i).toString()).data);
        offset = batch.nextOffset;
      }
    }
    return alerts;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.log.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get snapshots(): string {
    return join(this.folder, 'snapshots');
  }

  /** The first stage's positions are looked at first: nothing is on its way between the two. */
  private async isSettled(): Promise<boolean> {
    for (const group of groups) {
      const { positions } = await this.log.describeGroup(group);
      const committed = new Map(positions.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
      const read =
        group === 'detect.window' ? [topics.matches] : eventTypes.filter((t) => !t.internal).map((t) => t.topic);
      for (const topic of read) {
        for (const { partition, next } of (await this.log.describe(topic)).partitions) {
          if ((committed.get(`${topic}/${partition}`) ?? 0) < next) return false;
        }
      }
    }
    return true;
  }
}

/** How each alert ended up: of its records, the one with the newest position. What was merged into another is left out. */
export function latestOf(written: readonly Alert[]): Alert[] {
  const latest = new Map<string, Alert>();
  for (const alert of written) {
    const known = latest.get(alert.id);
    if (known === undefined || known.position.offset < alert.position.offset) latest.set(alert.id, alert);
  }
  return [...latest.values()].filter(({ state }) => state !== 'merged');
}
