import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import type { Metrics } from '#libs/telemetry';
import { CLOCK, LOG, METRICS, RequireScope } from '../../../platform/src/index.js';
import { groupNames, lagOf } from '../groups/lag.js';
import { Documented } from '../http/documented.js';
import { MEASURED_GROUPS } from './readiness.js';

@ApiTags('Health')
@Controller('metrics')
export class MetricsController {
  constructor(
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(LOG) private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(MEASURED_GROUPS) private readonly groups: readonly string[] | null,
  ) {}

  @Get()
  @RequireScope('read', { openOnLoopback: true })
  @Documented({
    summary: 'Metrics in the Prometheus text format; on this machine itself, no key is asked for',
    answers: Type.String(),
    contentType: 'text/plain',
  })
  async page(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.measure();
    reply.header('content-type', this.metrics.contentType).header('cache-control', 'no-store');
    return this.metrics.page();
  }

  /** Lag and sizes are looked up when somebody asks, not kept. */
  private async measure(): Promise<void> {
    const { weir_consumer_lag_records, weir_consumer_lag_seconds, weir_log_bytes } = this.metrics;
    const lags = await lagOf(this.log, this.clock, this.groups ?? (await groupNames(this.log)));
    const topics = await Promise.all((await this.log.topics()).map((topic) => this.log.describe(topic)));
    // Nothing is awaited from here on: two scrapes at once can't mix.
    for (const gauge of [weir_consumer_lag_records, weir_consumer_lag_seconds, weir_log_bytes]) gauge.reset();
    for (const { topic, bytes } of topics) weir_log_bytes.set({ topic }, bytes);
    for (const { group, partitions } of lags) {
      for (const { topic, partition, records, seconds } of partitions) {
        weir_consumer_lag_records.set({ group, topic, partition }, records);
        weir_consumer_lag_seconds.set({ group, topic, partition }, seconds);
      }
    }
  }
}
