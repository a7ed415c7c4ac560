import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import { Problem, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { parseQuery } from '../http/query.js';
import { figuresOfAlert } from './replay-alert.js';
import { Replays } from './replays.js';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });

const ReplayQuery = Type.Object({
  whole: Type.Optional(
    Type.Boolean({ description: 'Read all that the log retains, not only what the windows of the rule look back on' }),
  ),
});
const Figures = Type.Object({
  openedAt: Instant,
  firstSeen: Instant,
  lastSeen: Instant,
  value: Type.Number(),
  peak: Type.Number(),
  expected: Type.Optional(Type.Number()),
  events: Type.Integer(),
});
export const ExplanationList = Type.Array(
  Type.Object({
    kind: Type.String({ description: 'A stable word, for programs' }),
    said: Type.String(),
    facts: Type.Record(Type.String(), Type.Unknown()),
  }),
  { description: 'Why it is not the same, the likeliest cause first; empty where it is' },
);
const Replay = Type.Object({
  alert: Type.String(),
  rule: Type.Object({ id: Type.String(), name: Type.String(), title: Type.String(), version: Type.Integer() }),
  reproduced: Type.Boolean(),
  sameId: Type.Boolean({ description: 'False though it is reproduced: late events came at other moments' }),
  was: Figures,
  found: Nullable(Figures),
  range: Nullable(
    Type.Object(
      { from: Instant, until: Instant, events: Type.Integer() },
      { description: 'What was read, by when it was recorded' },
    ),
  ),
  counted: Type.Integer({ description: 'Events of the group that the rule counted in the range' }),
  late: Type.Integer({ description: 'Of these, too late for their windows' }),
  explanations: ExplanationList,
});

@ApiTags('Alerts')
@Controller('api/v1/alerts')
export class ReplayController {
  constructor(@Inject(Replays) private readonly replays: Replays) {}

  @Get(':id/replay')
  @RequireScope('read')
  @Documented({
    summary: 'Run the rule, as it was, over the log around an alert again: does the same come out?',
    description: 'Writes nothing. Replays run one after the other.',
    answers: Replay,
    query: ReplayQuery,
    params: { id: 'Its id' },
    problems: { 404: 'No such alert', 409: 'Late events made it a part of another alert' },
  })
  async replay(
    @Param('id') id: string,
    @Query() query: Readonly<Record<string, unknown>>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Static<typeof Replay>> {
    const { whole } = parseQuery(ReplayQuery, query);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort(new Problem(503, 'ABANDONED', 'Nobody waits for the replay any more.')));
    const { alert, outcome } = await this.replays.of(id, { whole, signal: gone.signal });
    const { replayed, explanations } = outcome;
    const { id: rule, name, title, version } = alert.rule;
    const iso = (ms: number) => new Date(ms).toISOString();
    const range = replayed?.range ?? null;
    return {
      alert: alert.id,
      rule: { id: rule, name, title, version },
      reproduced: replayed?.same ?? false,
      sameId: replayed?.sameId ?? false,
      was: figuresOfAlert(alert),
      found: replayed?.found ?? null,
      range: range && { from: iso(range.fromMs), until: iso(range.untilMs), events: range.events },
      counted: replayed?.counted ?? 0,
      late: replayed?.late ?? 0,
      explanations: [...explanations],
    };
  }
}
