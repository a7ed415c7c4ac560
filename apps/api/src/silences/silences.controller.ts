import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { DataSource } from 'typeorm';
import { DATABASE, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { parseBody } from '../http/query.js';
import { SilenceDesk } from './desk.js';
import { AlertsPreview, previewAlerts } from './preview.js';
import { matchersOf, NewBody, PreviewBody, Silence, SilenceList, SilencesQuery } from './silence.js';

@ApiTags('Silences')
@Controller('api/v1/silences')
export class SilencesController {
  constructor(
    @Inject(SilenceDesk) private readonly desk: SilenceDesk,
    @Inject(DATABASE) private readonly database: DataSource,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'Silences, the newest first', answers: SilenceList, query: SilencesQuery })
  list(@Query() raw: Readonly<Record<string, unknown>>): Promise<Static<typeof SilenceList>> {
    return this.desk.list('silence', raw);
  }

  @Post()
  @HttpCode(201)
  @RequireScope('triage')
  @Documented({
    summary: 'Let alerts bother nobody for a while; they are found as before',
    answers: Silence,
    status: 201,
    body: NewBody,
    problems: { 422: 'The body is wrong' },
    once: true,
  })
  add(@Body() body: unknown, @Req() request: FastifyRequest): Promise<Silence> {
    return this.desk.add('silence', body, request.principal!.id, keyedOf(request));
  }

  @Post('preview')
  @HttpCode(200)
  @RequireScope('read')
  @Documented({
    summary: 'Which open alerts a silence would hold back',
    answers: AlertsPreview,
    body: PreviewBody,
    problems: { 422: 'The body is wrong' },
  })
  preview(@Body() body: unknown): Promise<Static<typeof AlertsPreview>> {
    return previewAlerts(this.database, matchersOf(parseBody(PreviewBody, body).match));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScope('triage')
  @Documented({
    summary: 'End a silence; it stays as history',
    params: { id: 'Its id' },
    problems: { 404: 'No such silence' },
  })
  end(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    return this.desk.end('silence', id, request.principal!.id);
  }
}
