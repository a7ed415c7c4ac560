import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { expect } from 'vitest';
import type { Clock } from '#libs/clock';
import { topics } from '#libs/events';
import { type Log, openEmbeddedLog } from '#libs/log';
import { type ProjectionName, projectionPositions, projections } from '#libs/storage';
import { createLogger, createMetrics } from '#libs/telemetry';
import { LogTransport } from '../../platform/src/index.js';
import { ProjectModule, type ProjectPorts } from '../src/index.js';

const projectedTopics = [...new Set(projections.flatMap((projection) => projection.topics))];

/** All projections as a process runs them, on an embedded log of their own. */
export class Projecting {
  /** What the transport was told of. */
  readonly failures: unknown[] = [];
  private app: INestMicroservice | undefined;

  private constructor(
    readonly log: Log,
    private readonly directory: string,
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  static async open(database: DataSource, clock: Clock): Promise<Projecting> {
    const directory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
    const log = await openEmbeddedLog({ directory, clock });
    for (const topic of projectedTopics) await log.createTopic(topic, { partitions: 3 });
    await log.createTopic(topics.deadLetters, { partitions: 1 });
    return new Projecting(log, directory, database, clock);
  }

  async start(settings: Partial<Pick<ProjectPorts, 'guard' | 'feeds'>> = {}): Promise<void> {
    const ports: ProjectPorts = {
      log: this.log,
      clock: this.clock,
      database: this.database,
      metrics: createMetrics(),
      logger: createLogger('silent'),
      guard: { ownNetworks: [], perMinuteMax: 100, beyondAddressesMax: 10 },
      feeds: { pushFollowersMax: 1_000, inboxItemsMax: 500 },
      ...settings,
    };
    this.app = await NestFactory.createMicroservice(ProjectModule.register(ports), {
      strategy: new LogTransport({ log: this.log, failed: (error) => this.failures.push(error) }),
      logger: false,
    });
    await this.app.listen();
  }

  /** Waits until all that is on the log is in the tables, of one projection or of all. */
  async untilCaughtUp(name?: ProjectionName): Promise<void> {
    await expect.poll(() => this.hasCaughtUp(name)).toBe(true);
  }

  async hasCaughtUp(name?: ProjectionName): Promise<boolean> {
    const read = await projectionPositions(this.database);
    for (const projection of projections.filter((one) => name === undefined || one.name === name)) {
      for (const topic of projection.topics) {
        const { partitions } = await this.log.describe(topic);
        const isRead = partitions.every(({ partition, next }) =>
          read.some(
            (one) =>
              one.projection === projection.name &&
              one.topic === topic &&
              one.partition === partition &&
              one.offset === next,
          ),
        );
        if (!isRead) return false;
      }
    }
    return true;
  }

  async stop(): Promise<void> {
    await this.app?.close();
    this.app = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.log.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
