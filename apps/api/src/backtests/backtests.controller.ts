import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import { markedAlerts } from '#libs/storage';
import { CLOCK, DATABASE, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { unknownThing } from '../http/problems.js';
import { parseBody } from '../http/query.js';
import { DETECTION, type DetectionOptions, RULES } from '../ports.js';
import type { LiveRules } from '../rules/live-rules.js';
import { Backtest, BacktestDetail, BacktestList, NewBacktest } from './backtest.js';
import { Backtests } from './backtests.js';
import { markOf, rangeOf, rulesOf } from './request.js';

const params = { backtest: 'Its id' };
const problems = { 404: 'No such backtest; the last 20 of a process are kept' };

@ApiTags('Rules')
@Controller('api/v1/backtests')
export class BacktestsController {
  constructor(
    @Inject(RULES) private readonly live: LiveRules,
    @Inject(Backtests) private readonly backtests: Backtests,
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DETECTION) private readonly options: DetectionOptions,
  ) {}

  @Post()
  @HttpCode(202)
  @RequireScope('rules')
  @Documented({
    summary: 'Run rules over what the log holds, and report what they would have raised',
    description:
      'Answers at once; GET /api/v1/backtests/{id} has progress and report. One runs at a time, on a thread of its own.',
    answers: Backtest,
    status: 202,
    body: NewBacktest,
    problems: {
      404: 'No such rule',
      413: 'The texts are too long',
      422: 'The body is wrong, or a rule would not run (`problems` says why)',
      429: 'A backtest runs already, or the key made its requests of this minute',
    },
    once: true,
  })
  async start(@Body() body: unknown, @Req() request: FastifyRequest): Promise<Backtest> {
    const asked = parseBody(NewBacktest, body);
    this.backtests.checkRoom();
    const nowMs = this.clock.now();
    const { fromMs, untilMs } = rangeOf(asked, nowMs);
    const { under, names, files, exception } = rulesOf(this.live, asked);
    const ids = under.map(({ id }) => id);
    const marked = await markedAlerts(this.database, ids, fromMs, untilMs);
    const { thresholds = [], write = false } = asked;
    return this.backtests.start(
      {
        options: this.options,
        files,
        exception,
        rules: under,
        thresholds,
        fromMs,
        untilMs,
        nowMs,
        marks: marked.map(markOf),
        write,
      },
      names,
      { actor: request.principal!.id, request: keyedOf(request) },
    );
  }

  @Get()
  @RequireScope('rules')
  @Documented({ summary: 'Backtests, the newest first, without their reports', answers: BacktestList })
  list(): Static<typeof BacktestList> {
    return { items: this.backtests.list(), next: null };
  }

  @Get(':backtest')
  @RequireScope('rules')
  @Documented({ summary: 'How far a backtest is, and its report', answers: BacktestDetail, params, problems })
  one(@Param('backtest') id: string): BacktestDetail {
    const backtest = this.backtests.get(id);
    if (!backtest) throw unknownThing('backtest', id, '/api/v1/backtests');
    return backtest;
  }

  @Delete(':backtest')
  @HttpCode(204)
  @RequireScope('rules')
  @Documented({
    summary: 'End a backtest that runs, or forget one that has ended',
    description: 'What it has written of alerts until then stays.',
    params,
    problems,
  })
  async remove(@Param('backtest') id: string): Promise<void> {
    if (!(await this.backtests.remove(id))) throw unknownThing('backtest', id, '/api/v1/backtests');
  }
}
