import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { DataSource } from 'typeorm';
import { type AlertWire, getAlert, TriageStore } from '#libs/storage';
import { DATABASE, Problem, RequireScope } from '../../../platform/src/index.js';
import { VerdictFixtures } from '../fixtures/verdict-fixtures.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { unknownThing } from '../http/problems.js';
import { parseBody } from '../http/query.js';
import { etagOf, expectedOf } from '../rules/etag.js';
import { AlertDetail } from './alert.js';
import { BulkAnswer, BulkStep, History, Step, selectionOf, stepOf } from './triage.js';

@ApiTags('Alerts')
@Controller('api/v1/alerts')
export class TriageController {
  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(TriageStore) private readonly triage: TriageStore,
    @Inject(VerdictFixtures) private readonly fixtures: VerdictFixtures,
  ) {}

  @Patch(':id')
  @RequireScope('triage')
  @ApiHeader({ name: 'If-Match', required: true, description: 'The ETag that GET gave; `*`: whatever others decided' })
  @Documented({
    summary: 'Acknowledge, assign, note, close, reopen an alert, or mark it right or wrong; all in one step',
    answers: AlertDetail,
    params: { id: 'Its id' },
    body: Step,
    problems: {
      404: 'No such alert',
      409: 'It was merged into another one (`mergedInto`): decide about that',
      412: 'Somebody else decided since the ETag was read',
      422: 'The body is wrong',
      428: 'If-Match is missing',
    },
  })
  async take(
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlertWire> {
    const step = stepOf(parseBody(Step, body));
    if (!ifMatch) throw needsMatch(id);
    const seen = expectedOf(id, ifMatch)[id] ?? null;
    const change = await this.triage.take(id, step, request.principal!.id, seen);
    const alert = await getAlert(this.database, id);
    if (change === null || !alert) throw unknownThing('alert', id, '/api/v1/alerts');
    if (step.verdict !== undefined) this.fixtures.keep(id, step.verdict, request.principal!.id);
    reply.header('etag', etagOf(change));
    return alert;
  }

  @Post('bulk')
  @HttpCode(200)
  @RequireScope('triage')
  @Documented({
    summary: 'The same step about many alerts, by id or by filter, at most 1,000',
    description: 'An alert that was merged stands for the one it is part of. All of them change, or none does.',
    answers: BulkAnswer,
    body: BulkStep,
    problems: { 422: 'The body is wrong, or more than 1,000 alerts match' },
    once: true,
  })
  async takeEach(@Body() body: unknown, @Req() request: FastifyRequest): Promise<BulkAnswer> {
    const given = parseBody(BulkStep, body);
    const [step, selection, actor] = [stepOf(given), selectionOf(given), request.principal!.id];
    const { dryRun = false } = given;
    const { matched, changed, unknown } = dryRun
      ? await this.triage.look(selection, step)
      : await this.triage.takeEach(selection, step, actor, keyedOf(request));
    if (!dryRun && step.verdict !== undefined) {
      for (const id of changed) this.fixtures.keep(id, step.verdict, actor);
    }
    return { dryRun, matched, changed: changed.length, unknown };
  }

  @Get(':id/history')
  @RequireScope('read')
  @Documented({
    summary: 'What was done about an alert, by whom and when, the newest first; the notes, too',
    description: 'With the steps about alerts that were merged into it. Of a merged one: of the alert it is part of.',
    answers: History,
    params: { id: 'Its id' },
    problems: { 404: 'No such alert' },
  })
  async history(@Param('id') id: string): Promise<Static<typeof History>> {
    const items = await this.triage.history(id);
    if (items.length === 0 && (await this.triage.changeOf(id)) === null) {
      throw unknownThing('alert', id, '/api/v1/alerts');
    }
    return { items, next: null };
  }
}

const needsMatch = (id: string): Problem =>
  new Problem(428, 'ALERT_UNSEEN', `Send If-Match with the ETag that GET /api/v1/alerts/${id} gave.`);
