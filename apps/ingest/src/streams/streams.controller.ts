import { Controller, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { type Parser, parsers, positionId, type StreamContext } from '#libs/parsers';
import { Problem, RawBody, RequireScope } from '../../../platform/src/index.js';
import { answerBatch } from '../answer.js';
import { Batch, type IngestPorts, type Taken } from '../batch.js';
import { batchSchema, idempotencyHeader, problems } from '../documentation.js';
import { identityOf } from '../identity.js';
import { jsonItems } from '../json.js';
import { INGEST } from '../tokens.js';
import { parseStreamQuery, type StreamQuery } from './stream-query.js';
import { takeBytes, takeItems } from './take-stream.js';

const JSON_TYPE = 'application/json';

@ApiTags('ingest')
@Controller('api/v1/ingest')
export class StreamsController {
  constructor(@Inject(INGEST) private readonly ports: IngestPorts) {}

  @Post(':stream')
  @HttpCode(200)
  @RequireScope('ingest')
  @RawBody('application/x-ndjson', 'text/plain', JSON_TYPE, 'application/mbox', 'message/rfc822')
  @ApiOperation({
    summary: 'Take a stream of lines in',
    description:
      'The body holds lines (or an mbox); as application/json, an array of lines or events. Answers once the log has ' +
      'them durably; good lines are kept and bad ones named. A file that is fed in parts names itself with `source` ' +
      'and each part’s first byte with `position`: ids then are byte offsets, and what is sent again counts once.',
  })
  @ApiParam({ name: 'stream', enum: [...parsers.keys()] })
  @ApiQuery({ name: 'source', required: false, description: 'CloudEvents source of events that name none' })
  @ApiQuery({ name: 'position', required: false, description: 'Byte offset of the body in its file; needs `source`' })
  @ApiQuery({ name: 'type', required: false, description: 'ndjson: type of objects that are not CloudEvents' })
  @ApiQuery({ name: 'year', required: false, description: 'sshd: year of the first line' })
  @ApiQuery({ name: 'zone', required: false, description: 'sshd: zone of times without one, such as +02:00' })
  @ApiHeader(idempotencyHeader)
  @ApiBody({ schema: { type: 'string' } })
  @ApiResponse({ status: 200, description: 'Durable, as far as accepted', schema: batchSchema })
  @ApiResponse(problems[400])
  @ApiResponse(problems[401])
  @ApiResponse(problems[403])
  @ApiResponse(problems[404])
  @ApiResponse(problems[413])
  @ApiResponse(problems[415])
  @ApiResponse(problems[422])
  @ApiResponse(problems[429])
  @ApiResponse(problems[503])
  async post(
    @Param('stream') stream: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ): Promise<Taken> {
    const timer = this.ports.metrics.weir_ingest_request_seconds.startTimer();
    try {
      return await this.take(parserOf(stream), parseStreamQuery(query), request);
    } finally {
      timer();
    }
  }

  private async take(parser: Parser, query: StreamQuery, request: FastifyRequest): Promise<Taken> {
    const receivedAt = this.ports.clock.now();
    const batch = new Batch(this.ports, { address: request.ip, stream: parser.stream }, receivedAt);
    const { position, type, year, zoneMinutes } = query;
    const { source, id } = identityOf(request, query.source);
    const ids = position === undefined ? id : positionId;
    const context: StreamContext = { source, id: ids, receivedAt, type, year, zoneMinutes };
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
    if (request.mediaType?.toLowerCase() !== JSON_TYPE) {
      await takeBytes(batch, body, parser, context, position ?? 0);
    } else if (position === undefined) {
      await takeItems(batch, jsonItems(body), parser, context);
    } else {
      const detail = 'position counts bytes of lines; send them as text/plain or application/x-ndjson.';
      throw new Problem(400, 'PARAMETER_INVALID', detail, { parameter: 'position' });
    }
    return answerBatch(await batch.commit());
  }
}

function parserOf(stream: string): Parser {
  const parser = parsers.get(stream);
  if (parser) return parser;
  const streams = [...parsers.keys()];
  throw new Problem(404, 'STREAM_UNKNOWN', `There is no such stream; there are ${streams.join(', ')}.`, { streams });
}
