import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { parseQuery } from '../http/query.js';
import { Trending, TrendingQuery } from './trending.js';
import { Trends } from './trends.js';

@ApiTags('Contests')
@Controller('api/v1/trending')
export class TrendingController {
  constructor(@Inject(Trends) private readonly trends: Trends) {}

  @Get()
  @RequireScope('read')
  @Documented({
    summary: 'What trends across open contests: their entries by votes that fade',
    description: 'No contest and no actor fills more than its share, and what was held back for that is told.',
    answers: Trending,
    query: TrendingQuery,
  })
  list(@Query() raw: Readonly<Record<string, unknown>>): Promise<Trending> {
    const { window = '1d', type = null, limit = 20 } = parseQuery(TrendingQuery, raw);
    return this.trends.now(window, type, limit);
  }
}
