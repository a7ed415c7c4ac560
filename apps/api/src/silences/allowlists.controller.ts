import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import { DecisionLedger } from '#libs/storage';
import { CLOCK, DATABASE, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { parseBody } from '../http/query.js';
import { SilenceDesk } from './desk.js';
import { DecisionsPreview, previewAlerts, previewDecisions } from './preview.js';
import { matchersOf, NewBody, PreviewBody, Silence, SilenceList, SilencesQuery } from './silence.js';

@ApiTags('Allowlists')
@Controller('api/v1/allowlists')
export class AllowlistsController {
  constructor(
    @Inject(SilenceDesk) private readonly desk: SilenceDesk,
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(DecisionLedger) private readonly ledger: DecisionLedger,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'Entries of the allowlist, the newest first', answers: SilenceList, query: SilencesQuery })
  list(@Query() raw: Readonly<Record<string, unknown>>): Promise<Static<typeof SilenceList>> {
    return this.desk.list('allowlist', raw);
  }

  @Post()
  @HttpCode(201)
  @RequireScope('decisions')
  @Documented({
    summary: 'Never block these, and let their alerts bother nobody',
    description:
      'Decisions about them are lifted for as long as the entry holds. Without an end it holds until it is deleted.',
    answers: Silence,
    status: 201,
    body: NewBody,
    problems: { 422: 'The body is wrong' },
    once: true,
  })
  add(@Body() body: unknown, @Req() request: FastifyRequest): Promise<Silence> {
    return this.desk.add('allowlist', body, request.principal!.id, keyedOf(request));
  }

  @Post('preview')
  @HttpCode(200)
  @RequireScope('read')
  @Documented({
    summary: 'Which decisions an entry would lift, and which open alerts it would hold back',
    answers: DecisionsPreview,
    body: PreviewBody,
    problems: { 422: 'The body is wrong' },
  })
  async preview(@Body() body: unknown): Promise<Static<typeof DecisionsPreview>> {
    const matchers = matchersOf(parseBody(PreviewBody, body).match);
    const alerts = await previewAlerts(this.database, matchers);
    return { ...alerts, ...(await previewDecisions(this.ledger, matchers, this.clock.now())) };
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScope('decisions')
  @Documented({
    summary: 'End an entry; it stays as history',
    params: { id: 'Its id' },
    problems: { 404: 'No such entry' },
  })
  end(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    return this.desk.end('allowlist', id, request.principal!.id);
  }
}
