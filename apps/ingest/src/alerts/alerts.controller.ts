import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RawBody, RequireScope } from '../../../platform/src/index.js';
import { answerBatch } from '../answer.js';
import { Batch, type IngestPorts, type Taken } from '../batch.js';
import { batchSchema, problems } from '../documentation.js';
import { jsonItems } from '../json.js';
import { INGEST } from '../tokens.js';
import { endsTurn, nextTurn } from '../turn.js';
import { takeAlert } from './take-alert.js';

const alertSchema = {
  type: 'object' as const,
  required: ['labels', 'startsAt'],
  properties: {
    labels: { type: 'object' as const, additionalProperties: { type: 'string' as const } },
    annotations: { type: 'object' as const, additionalProperties: { type: 'string' as const } },
    startsAt: { type: 'string' as const, format: 'date-time' },
    endsAt: { type: 'string' as const, format: 'date-time' },
    generatorURL: { type: 'string' as const },
  },
};

@ApiTags('ingest')
@Controller('api/v2/alerts')
export class ReceivedAlertsController {
  constructor(@Inject(INGEST) private readonly ports: IngestPorts) {}

  @Post()
  @HttpCode(200)
  @RequireScope('ingest')
  @RawBody('application/json')
  @ApiOperation({
    summary: 'Take alerts of senders to Prometheus Alertmanager (its API v2)',
    description: 'Each becomes an alert that is open until its sender says that it ended, or says nothing more of it.',
  })
  @ApiBody({ schema: { type: 'array', items: alertSchema } })
  @ApiResponse({ status: 200, description: 'Durable, as far as accepted', schema: batchSchema })
  @ApiResponse(problems[400])
  @ApiResponse(problems[401])
  @ApiResponse(problems[403])
  @ApiResponse(problems[413])
  @ApiResponse(problems[415])
  @ApiResponse(problems[422])
  @ApiResponse(problems[429])
  @ApiResponse(problems[503])
  async post(@Req() request: FastifyRequest): Promise<Taken> {
    const receivedAt = this.ports.clock.now();
    const batch = new Batch(this.ports, { address: request.ip, stream: 'alertmanager' }, receivedAt);
    const items = jsonItems((request.body as Buffer | undefined) ?? Buffer.alloc(0));
    for (const [index, item] of items.entries()) {
      const taken = takeAlert(item, receivedAt);
      const bytes = JSON.stringify(item) ?? '';
      if (taken.kind === 'ok') batch.accept(taken, index, bytes);
      else batch.reject(taken, index, bytes);
      if (endsTurn(index)) await nextTurn();
    }
    return answerBatch(await batch.commit());
  }
}
