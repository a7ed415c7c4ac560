import { Body, Controller, Get, HttpCode, Inject, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import { projections, rebuild } from '#libs/storage';
import { CLOCK, DATABASE, LOG, Problem, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { parseBody, parseQuery } from '../http/query.js';
import { describeProjections, Projection, planRebuild, RebuildAnswer, RebuildBody } from './projection.js';

const ProjectionList = Type.Object({ items: Type.Array(Projection), next: Type.Null() });
const RebuildQuery = Type.Object({
  dryRun: Type.Optional(Type.Boolean({ description: 'Only say what would be dropped, and what from' })),
});

@ApiTags('Log')
@Controller('api/v1/projections')
export class ProjectionsController {
  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DATABASE) private readonly database: DataSource,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'What is computed from the log into tables, and how far it is', answers: ProjectionList })
  async list(): Promise<Static<typeof ProjectionList>> {
    return { items: await describeProjections(this.log, this.database), next: null };
  }

  @Post('rebuild')
  @HttpCode(200)
  @RequireScope('admin')
  @Documented({
    summary: 'Drop what was computed, and compute it again from the log',
    description:
      'Answers when it has begun; `GET /api/v1/projections` says how far it is. What people decided and what was sent stays as it is.',
    answers: RebuildAnswer,
    query: RebuildQuery,
    body: RebuildBody,
    problems: {
      409: 'Retention has removed records, so that not everything would come back: `fromEarliest` does it nonetheless',
      422: 'The body is wrong',
      503: 'Somebody reads the tables all along',
    },
    once: true,
  })
  async rebuild(
    @Query() raw: Readonly<Record<string, unknown>>,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<RebuildAnswer> {
    const { dryRun = false } = parseQuery(RebuildQuery, raw);
    const asked = parseBody(RebuildBody, body);
    const names = asked.projections ?? projections.map(({ name }) => name);
    const { plan, starts } = await planRebuild(this.log, this.database, names);
    const answer = { dryRun, projections: plan };
    if (dryRun) return answer;
    if (!asked.fromEarliest) refuseLoss(plan);
    const [actor, at] = [request.principal!.id, new Date(this.clock.now())];
    return rebuild(this.database, { names, starts, actor, at, answer, request: keyedOf(request) });
  }
}

function refuseLoss(plan: RebuildAnswer['projections']): void {
  const topics = plan.flatMap((projection) => projection.topics.filter(({ removed }) => removed > 0));
  if (topics.length === 0) return;
  const lost = topics.map(({ topic, removed, since }) => `${removed} of ${topic}${since ? ` before ${since}` : ''}`);
  const detail = `Retention has removed records (${[...new Set(lost)].join(', ')}): what was computed from them would not come back. With fromEarliest (\`--from-earliest\`) it is dropped nonetheless.`;
  throw new Problem(409, 'LOG_INCOMPLETE', detail, { topics });
}
