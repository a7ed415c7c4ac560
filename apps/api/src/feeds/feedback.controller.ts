import { Body, Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { invalidBody } from '../http/problems.js';
import { parseBody } from '../http/query.js';
import { Written } from '../http/write-event.js';
import { FeedDesk } from './feed-desk.js';

const Feedback = Type.Object(
  {
    item: Type.String({ minLength: 1, maxLength: 4_000, description: 'Its id, as the feed has it' }),
    kind: Type.Enum(['seen', 'open', 'hide', 'show', 'less', 'more'], {
      description: 'show takes hide back, more takes less back',
    }),
    sharer: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description: 'Whose share it is about: less and more need it, and open and hide count for or against them',
      }),
    ),
  },
  { additionalProperties: false },
);

@ApiTags('Feeds')
@Controller('api/v1/feed/:user/feedback')
export class FeedbackController {
  constructor(@Inject(FeedDesk) private readonly desk: FeedDesk) {}

  @Post()
  @HttpCode(201)
  @RequireScope('ingest')
  @Documented({
    summary: 'What the user made of an item',
    answers: Written,
    status: 201,
    body: Feedback,
    params: { user: 'Whose feed' },
    problems: { 422: 'The body is wrong' },
    once: true,
  })
  post(@Param('user') actor: string, @Body() body: unknown, @Req() request: FastifyRequest): Promise<Written> {
    const { item, kind, sharer } = parseBody(Feedback, body);
    if (sharer === undefined && (kind === 'less' || kind === 'more'))
      throw invalidBody([{ field: 'sharer', message: `is missing: ${kind} is about somebody` }]);
    const data = { actor, item, kind, ...(sharer !== undefined && { sharer }) };
    const keyed = keyedOf(request);
    return keyed ? this.desk.writeOnce('feedback', data, keyed) : this.desk.write('feedback', data);
  }
}
