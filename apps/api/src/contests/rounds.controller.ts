import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Clock } from '#libs/clock';
import { isIn } from '#libs/ranking';
import { CLOCK, RequireScope } from '../../../platform/src/index.js';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { parseBody, parseQuery } from '../http/query.js';
import { ContestDesk } from './contest-desk.js';
import { iso, RoundAction, RoundStep, Rounds, stepWire } from './round.js';
import { RoundDesk } from './round-desk.js';

const RoundsQuery = Type.Object({
  cursor: Type.Optional(Type.String({ maxLength: 1_000, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
});
const params = { contest: 'Its id' };

@ApiTags('Contests')
@Controller('api/v1/contests/:contest/rounds')
export class RoundsController {
  constructor(
    @Inject(ContestDesk) private readonly desk: ContestDesk,
    @Inject(RoundDesk) private readonly rounds: RoundDesk,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({
    summary: 'The round that goes on, what it would come to now, and all that was done, each with its numbers',
    answers: Rounds,
    query: RoundsQuery,
    params,
    problems: { 404: 'No such contest' },
  })
  async list(@Param('contest') id: string, @Query() raw: Readonly<Record<string, unknown>>): Promise<Rounds> {
    const { cursor: given, limit = 50 } = parseQuery(RoundsQuery, raw);
    const before = given === undefined ? Infinity : decodeCursor(Type.Integer({ minimum: 0 }), given);
    const contest = await this.desk.contest(id);
    const found = (await this.rounds.stepsOf(contest)).filter(({ step }) => step < before).reverse();
    const items = found.slice(0, limit);
    const stage = await this.rounds.stage(contest);
    const entries = await this.rounds.look(contest);
    const { field, frozenAt, round } = stage;
    const isDecided = field !== null && [...field].filter((entry) => isIn(stage, entry)).length < 2;
    const now = this.clock.now();
    const next = frozenAt === null ? contest.narrowing?.deadlines.find((deadline) => deadline > now) : undefined;
    return {
      contest: id,
      round,
      state: isDecided ? 'decided' : frozenAt === null ? 'open' : 'frozen',
      frozenAt: frozenAt === null ? null : iso(frozenAt),
      nextDeadline: next === undefined ? null : iso(next),
      entries,
      items: items.map(stepWire),
      next: found.length > limit ? encodeCursor(items.at(-1)!.step) : null,
    };
  }

  @Post()
  @HttpCode(201)
  @RequireScope('rules')
  @Documented({
    summary: 'End the round, freeze it, or undo the last step',
    description: 'Answers the step that was taken or undone.',
    answers: RoundStep,
    status: 201,
    params,
    body: RoundAction,
    problems: {
      404: 'No such contest',
      409: 'It has no narrowing, another round goes on, or there is nothing to do',
      422: 'The body is wrong',
      503: 'Votes are counted too late to know',
    },
    once: true,
  })
  async take(@Param('contest') id: string, @Body() body: unknown, @Req() request: FastifyRequest): Promise<RoundStep> {
    const asked = parseBody(RoundAction, body);
    const asking = { actor: request.principal!.id, request: keyedOf(request) };
    return stepWire(await this.rounds.take(id, asked, asking));
  }
}
