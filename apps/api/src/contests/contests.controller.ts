import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { ContestStore, type ContestChange as StoredChange } from '#libs/storage';
import { RequireScope } from '../../../platform/src/index.js';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { unknownThing } from '../http/problems.js';
import { parseBody, parseQuery } from '../http/query.js';
import { etagOf, expectedOf } from '../rules/etag.js';
import { Contest, ContestChange, contestWire, DEFAULTS, NewContest } from './contest.js';
import { planOf } from './round.js';
import { RoundDesk } from './round-desk.js';

const ContestsQuery = Type.Object({
  cursor: Type.Optional(Type.String({ maxLength: 1_000, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
});
const ContestList = Type.Object({ items: Type.Array(Contest), next: Type.Union([Type.String(), Type.Null()]) });

@ApiTags('Contests')
@Controller('api/v1/contests')
export class ContestsController {
  constructor(
    @Inject(ContestStore) private readonly store: ContestStore,
    @Inject(RoundDesk) private readonly rounds: RoundDesk,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'Contests, by id', answers: ContestList, query: ContestsQuery })
  async list(@Query() raw: Readonly<Record<string, unknown>>): Promise<Static<typeof ContestList>> {
    const { cursor: given, limit = 50 } = parseQuery(ContestsQuery, raw);
    const cursor = given === undefined ? undefined : decodeCursor(Type.String(), given);
    const found = await this.store.list({ limit: limit + 1, cursor });
    const items = found.slice(0, limit);
    return { items: items.map(contestWire), next: found.length > limit ? encodeCursor(items.at(-1)!.id) : null };
  }

  @Post()
  @HttpCode(201)
  @RequireScope('rules')
  @Documented({
    summary: 'Set up a contest',
    description: 'Events may name it before: what was recorded of it counts.',
    answers: Contest,
    status: 201,
    body: NewContest,
    problems: {
      409: 'There is a contest with that id',
      422: 'The body is wrong',
    },
    once: true,
  })
  async add(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Contest> {
    const given = parseBody(NewContest, body);
    const narrowing = planOf(given.narrowing ?? null, given.mode);
    const asked = { ...DEFAULTS, ...given, narrowing };
    const added = await this.store.add(asked, request.principal!.id, keyedOf(request));
    reply.header('etag', etagOf(added.change));
    return contestWire(added);
  }

  @Get(':contest')
  @RequireScope('read')
  @Documented({
    summary: 'One contest',
    answers: Contest,
    params: { contest: 'Its id' },
    problems: { 404: 'No such contest' },
  })
  async one(@Param('contest') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<Contest> {
    const contest = await this.store.find(id);
    if (!contest) throw unknownThing('contest', id, '/api/v1/contests');
    reply.header('etag', etagOf(contest.change));
    return contestWire(contest);
  }

  @Patch(':contest')
  @RequireScope('rules')
  @Documented({
    summary: 'Change a contest, close or reopen it',
    answers: Contest,
    params: { contest: 'Its id' },
    body: ContestChange,
    problems: {
      404: 'No such contest',
      409: 'It has rounds by another plan',
      412: 'It was changed since its ETag was read',
      422: 'The body is wrong',
    },
  })
  async change(
    @Param('contest') id: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Contest> {
    const { narrowing: plan, ...rest } = parseBody(ContestChange, body);
    const expected = expectedOf(id, ifMatch)[id];
    const actor = request.principal!.id;
    const contest = await this.store.find(id);
    if (!contest) throw unknownThing('contest', id, '/api/v1/contests');
    const given: StoredChange = { ...rest };
    if (plan !== undefined) {
      given.narrowing = planOf(plan, contest.mode);
      await this.rounds.replan(id, given.narrowing, actor);
    }
    const changed = await this.store.change(id, given, actor, expected);
    if (!changed) throw unknownThing('contest', id, '/api/v1/contests');
    reply.header('etag', etagOf(changed.change));
    return contestWire(changed);
  }
}
