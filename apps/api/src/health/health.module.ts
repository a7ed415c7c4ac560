import { type DynamicModule, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import type { CatchUpState } from '#libs/stream';
import type { Metrics } from '#libs/telemetry';
import { CLOCK, DATABASE, LOG, METRICS } from '../../../platform/src/index.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { CATCH_UPS, MEASURED_GROUPS, Readiness } from './readiness.js';

export interface HealthPorts {
  log: Log;
  clock: Clock;
  database: DataSource;
  metrics: Metrics;
  /** How far the consumers of this process are. */
  catchUps(): Promise<CatchUpState[]>;
  /** Consumer groups whose lag `/metrics` shows; null: all. */
  measuredGroups: readonly string[] | null;
}

/** Health and metrics of one process, whatever it is made of. */
@Module({})
export class HealthModule {
  static register(ports: HealthPorts): DynamicModule {
    return {
      module: HealthModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: LOG, useValue: ports.log },
        { provide: CLOCK, useValue: ports.clock },
        { provide: DATABASE, useValue: ports.database },
        { provide: METRICS, useValue: ports.metrics },
        { provide: CATCH_UPS, useValue: ports.catchUps },
        { provide: MEASURED_GROUPS, useValue: ports.measuredGroups },
        Readiness,
      ],
    };
  }
}
