import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import { streamAlerts } from '#libs/storage';
import { CLOCK, DATABASE, LOG, Problem, RequireScope } from '../../../platform/src/index.js';
import { groupNames, lagOf } from '../groups/lag.js';
import { Documented } from '../http/documented.js';
import { RECOUNT } from '../ports.js';
import { AuditReport, compare, type Recount } from './compare.js';

const Audit = Type.Object({
  ...AuditReport.properties,
  caughtUp: Type.Boolean({
    description: 'Every consumer had processed all there was: else differences may only be work still to do',
  }),
});

@ApiTags('Alerts')
@Controller('api/v1/audit')
export class AuditController {
  private running = false;

  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(RECOUNT) private readonly recount: Recount,
  ) {}

  @Post()
  @HttpCode(200)
  @RequireScope('admin')
  @Documented({
    summary: 'Count all alerts again from the log, and compare with the database',
    description: 'Reads all of the log that is retained: this takes as long as a replay does. Changes nothing.',
    answers: Audit,
    problems: { 409: 'An audit is running' },
  })
  async audit(): Promise<Static<typeof Audit>> {
    if (this.running) throw new Problem(409, 'AUDIT_RUNNING', 'An audit is running already. Wait for it to end.');
    this.running = true;
    try {
      const lags = await lagOf(this.log, this.clock, await groupNames(this.log));
      const report = await compare(this.recount(), streamAlerts(this.database));
      return { ...report, caughtUp: lags.every(({ records }) => records === 0) };
    } finally {
      this.running = false;
    }
  }
}
