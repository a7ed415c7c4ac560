import { Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import { rebuildInbox } from '#libs/storage';
import { DATABASE, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { FEEDS, type FeedOptions } from '../ports.js';

const Rebuilt = Type.Object({ items: Type.Integer({ description: 'References that the inbox holds now' }) });

@ApiTags('Feeds')
@Controller('api/v1/feed/:user/rebuild')
export class FeedRebuildController {
  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
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
  })
  async rebuild(@Param('user') user: string): Promise<Static<typeof Rebuilt>> {
    return { items: (await rebuildInbox(this.database, user, this.options)) ?? 0 };
  }
}
