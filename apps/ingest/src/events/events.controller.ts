import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { EventDefaults } from '#libs/events';
import { RawBody, RequireScope } from '../../../platform/src/index.js';
import { answerBatch, answerOne } from '../answer.js';
import { Batch, type IngestPorts, type Taken } from '../batch.js';
import { batchSchema, idempotencyHeader, problems } from '../documentation.js';
import { identityOf } from '../identity.js';
import { jsonItems, startsArray } from '../json.js';
import { INGEST } from '../tokens.js';
import { endsTurn, nextTurn } from '../turn.js';
import { binaryEvent, isBinaryMode } from './binary-event.js';
import { takeEvent } from './take-event.js';

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';

@ApiTags('ingest')
@Controller('api/v1/events')
export class EventsController {
  constructor(@Inject(INGEST) private readonly ports: IngestPorts) {}

  @Post()
  @HttpCode(200)
  @RequireScope('ingest')
  @RawBody(STRUCTURED, BATCH, 'application/json')
  @ApiOperation({
    summary: 'Take CloudEvents in: binary, structured or batch',
    description:
      'Answers once the log has them durably. Of a batch the good events are kept and the bad ones named. ' +
      'Plain JSON is one event or an array of them.',
  })
  @ApiHeader(idempotencyHeader)
  @ApiBody({ schema: { oneOf: [{ type: 'object' }, { type: 'array', items: { type: 'object' } }] } })
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
    const timer = this.ports.metrics.weir_ingest_request_seconds.startTimer();
    try {
      return await this.take(request);
    } finally {
      timer();
    }
  }

  private async take(request: FastifyRequest): Promise<Taken> {
    const receivedAt = this.ports.clock.now();
    const batch = new Batch(this.ports, { address: request.ip, stream: 'events' }, receivedAt);
    const identity = identityOf(request);
    let index = 0;
    const defaults: EventDefaults = { source: identity.source, receivedAt, id: () => identity.id(index, 0) };
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
    const mediaType = request.mediaType?.toLowerCase();

    if (mediaType !== STRUCTURED && mediaType !== BATCH && isBinaryMode(request.headers)) {
      const binary = binaryEvent(request.headers, body);
      if (binary.kind === 'reject') batch.reject(binary, 0, body);
      else takeEvent(batch, binary.event, 0, defaults);
      return answerOne(await batch.commit());
    }
    if (mediaType === STRUCTURED || (mediaType !== BATCH && !startsArray(body))) {
      takeEvent(batch, body, 0, defaults);
      return answerOne(await batch.commit());
    }
    const events = jsonItems(body);
    for (; index < events.length; index++) {
      takeEvent(batch, events[index], index, defaults);
      if (endsTurn(index)) await nextTurn();
    }
    return answerBatch(await batch.commit());
  }
}
