import { Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import { rebuildInbox } from '#libs/storage';
import { CLOCK, DATABASE, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { FEEDS, type FeedOptions } from '../ports.js';

const Rebuilt = Type.Object({ items: Type.Integer({ description: 'References that the inbox holds now' }) });

@ApiTags('Feeds')
@Controller('api/v1/feed/:user/rebuild')
export class FeedRebuildController {
  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(FEEDS) private readonly options: FeedOptions,
  ) {}

  @Post()
  @HttpCode(200)
  @RequireScope('admin')
  @Documented({
    summary: 'Compute the user’s inbox again, from shares and relations',
    description: 'What the feed shows is the same before and after.',
    answers: Rebuilt,
    params: { user: 'Whose feed' },
    once: true,
  })
  async rebuild(@Param('user') user: string, @Req() request: FastifyRequest): Promise<Static<typeof Rebuilt>> {
    const asking = { actor: request.principal!.id, at: new Date(this.clock.now()), request: keyedOf(request) };
    return { items: (await rebuildInbox(this.database, { user, ...asking }, this.options)) ?? 0 };
  }
}
