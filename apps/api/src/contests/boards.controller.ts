import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import { discountedVotes } from '#libs/storage';
import { DATABASE, RequireScope } from '../../../platform/src/index.js';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import { Documented } from '../http/documented.js';
import { OpenStreams } from '../http/open-streams.js';
import { millis, parseQuery } from '../http/query.js';
import { Board, boardCsv } from './board.js';
import { Boards } from './boards.js';
import { ContestDesk } from './contest-desk.js';
import { followBoard } from './follow-board.js';

const method = Type.Optional(
  Type.String({
    maxLength: 50,
    description:
      'approval: wilson or bayesian; pairwise: bradley-terry or openskill; ballot: borda or schulze; trending: decayed. Default: the first',
  }),
);
const asOf = Type.Optional(
  Type.String({ format: 'date-time', description: 'What had happened by then, judged as it is today. Default: now' }),
);
const StreamQuery = Type.Object({ method });
const BoardQuery = Type.Object({
  method,
  asOf,
  format: Type.Optional(Type.Enum(['json', 'csv'], { default: 'json' })),
});
const AuditQuery = Type.Object({
  asOf,
  cursor: Type.Optional(Type.String({ maxLength: 5_000, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
});
const Discounted = Type.Object({
  voter: Type.String(),
  at: Type.String({ format: 'date-time' }),
  ip: Type.Union([Type.String(), Type.Null()]),
  choice: Type.Record(Type.String(), Type.Unknown(), { description: 'What the vote says' }),
  source: Type.String(),
  id: Type.String(),
  alerts: Type.Array(Type.Object({ id: Type.String(), rule: Type.String() }), { description: 'Why' }),
});
const Audit = Type.Object({ items: Type.Array(Discounted), next: Type.Union([Type.String(), Type.Null()]) });
type Raw = Readonly<Record<string, unknown>>;

const params = { contest: 'Its id' };
const none = { 404: 'No such contest' };

@ApiTags('Contests')
@Controller('api/v1/contests/:contest')
export class BoardsController {
  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(Boards) private readonly boards: Boards,
    @Inject(ContestDesk) private readonly desk: ContestDesk,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
  ) {}

  @Get('leaderboard')
  @RequireScope('read')
  @Documented({
    summary: 'The board: entries with rank, score and interval, and which votes don’t count and why',
    description: 'With `format=csv`, as a table for a spreadsheet.',
    answers: Board,
    query: BoardQuery,
    params,
    problems: none,
  })
  async board(
    @Param('contest') id: string,
    @Query() raw: Raw,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Board | string> {
    const { method, asOf, format = 'json' } = parseQuery(BoardQuery, raw);
    const contest = await this.desk.contest(id);
    const at = millis(asOf);
    const board = await (at === undefined ? this.boards.now(contest, method) : this.boards.past(contest, at, method));
    if (format === 'json') return board;
    reply.header('content-type', 'text/csv; charset=utf-8');
    return boardCsv(board);
  }

  @Get('audit')
  @RequireScope('read')
  @Documented({
    summary: 'Every vote that doesn’t count, with the alerts against it',
    answers: Audit,
    query: AuditQuery,
    params,
    problems: none,
  })
  async audit(@Param('contest') id: string, @Query() raw: Raw): Promise<Static<typeof Audit>> {
    const { asOf, cursor: given, limit = 50 } = parseQuery(AuditQuery, raw);
    const cursor = given === undefined ? undefined : decodeCursor(Type.String(), given);
    const contest = await this.desk.contest(id);
    const asked = { asOf: millis(asOf) ?? null, limit: limit + 1, cursor };
    const found = await discountedVotes(this.database, contest, asked);
    const items = found.slice(0, limit);
    return {
      items: items.map((vote) => ({ ...vote, at: vote.at.toISOString(), choice: { ...vote.choice } })),
      next: found.length > limit ? encodeCursor(items.at(-1)!.voter) : null,
    };
  }

  @Get('stream')
  @RequireScope('read')
  @Documented({
    summary: 'The board as it changes (server-sent events)',
    description:
      'Each event `board` is the whole board; the first is the one of now. It is looked at once a second, and sent where it changed.',
    answers: Type.String(),
    query: StreamQuery,
    params,
    contentType: 'text/event-stream',
    problems: { ...none, 503: 'Too many streams' },
  })
  async stream(@Param('contest') id: string, @Query() raw: Raw, @Res() reply: FastifyReply): Promise<void> {
    const { method } = parseQuery(StreamQuery, raw);
    const read = async () => this.boards.now(await this.desk.contest(id), method);
    const version = async () => this.boards.version(await this.desk.contest(id));
    await followBoard(version, read, () => this.streams.open(reply));
  }
}
