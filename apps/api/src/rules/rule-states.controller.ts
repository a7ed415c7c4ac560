import { Controller, Headers, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import { type RuleAction, type RuleState, RuleStore, type ShadowAlerts, shadowAlerts } from '#libs/storage';
import { DATABASE, Problem, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { unknownThing } from '../http/problems.js';
import { parseQuery } from '../http/query.js';
import { RULES } from '../ports.js';
import { etagOf, expectedOf, findStored } from './etag.js';
import type { LiveRules } from './live-rules.js';
import { RuleDetail, ruleDetail } from './rule.js';

const PromoteQuery = Type.Object({
  dryRun: Type.Optional(Type.Boolean({ description: 'Only say what would have alerted' })),
});
const Promoted = Type.Object({
  rule: RuleDetail,
  dryRun: Type.Boolean(),
  alerts: Type.Integer({ description: 'That it raised in shadow: nobody was told' }),
  open: Type.Integer({ description: 'Of these, open now: they count as any other with their next change' }),
  groups: Type.Array(Type.Object({ group: Type.Record(Type.String(), Type.Unknown()), alerts: Type.Integer() }), {
    description: 'The ten with the most',
  }),
  since: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'When the first opened' }),
});
const problems = { 404: 'No such rule', 412: 'The rule was changed since its ETag was read' };
const params = { rule: 'Its id or name' };

@ApiTags('Rules')
@Controller('api/v1/rules')
export class RuleStatesController {
  constructor(
    @Inject(RULES) private readonly live: LiveRules,
    @Inject(RuleStore) private readonly store: RuleStore,
    @Inject(DATABASE) private readonly database: DataSource,
  ) {}

  @Post(':rule/enable')
  @HttpCode(200)
  @RequireScope('rules')
  @Documented({ summary: 'Let a rule alert', answers: RuleDetail, params, problems, once: true })
  enable(
    @Param('rule') rule: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleDetail> {
    return this.set(rule, ['enabled', 'enabled'], ifMatch, request, reply);
  }

  @Post(':rule/disable')
  @HttpCode(200)
  @RequireScope('rules')
  @Documented({
    summary: 'Stop a rule: its open alerts close; correlations that count it go on',
    answers: RuleDetail,
    params,
    problems,
    once: true,
  })
  disable(
    @Param('rule') rule: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleDetail> {
    return this.set(rule, ['disabled', 'disabled'], ifMatch, request, reply);
  }

  @Post(':rule/shadow')
  @HttpCode(200)
  @RequireScope('rules')
  @Documented({
    summary: 'Let a rule run with its alerts kept apart (GET /api/v1/alerts?shadow=true)',
    answers: RuleDetail,
    params,
    problems,
    once: true,
  })
  shadow(
    @Param('rule') rule: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleDetail> {
    return this.set(rule, ['shadow', 'shadowed'], ifMatch, request, reply);
  }

  @Post(':rule/promote')
  @HttpCode(200)
  @RequireScope('rules')
  @Documented({
    summary: 'Let a rule in shadow alert, and say what would have alerted',
    answers: Promoted,
    query: PromoteQuery,
    params,
    problems: { ...problems, 409: 'The rule is not in shadow' },
    once: true,
  })
  async promote(
    @Param('rule') idOrName: string,
    @Query() query: Readonly<Record<string, unknown>>,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Static<typeof Promoted>> {
    const { dryRun = false } = parseQuery(PromoteQuery, query);
    const stored = findStored(this.live, idOrName);
    if (!stored) throw unknownThing('rule', idOrName, '/api/v1/rules');
    if (stored.state !== 'shadow') {
      const said = `${stored.name} is ${stored.state}, not in shadow: POST /api/v1/rules/${stored.id}/shadow puts it there.`;
      throw new Problem(409, 'RULE_NOT_IN_SHADOW', said, { state: stored.state });
    }
    const difference: ShadowAlerts = await shadowAlerts(this.database, stored.id);
    if (!dryRun) await this.set(stored.id, ['enabled', 'promoted'], ifMatch, request, reply);
    return { rule: ruleDetail(this.live, stored.id)!, dryRun, ...difference };
  }

  private async set(
    idOrName: string,
    [state, action]: readonly [RuleState, RuleAction],
    ifMatch: string | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<RuleDetail> {
    const stored = findStored(this.live, idOrName);
    if (!stored) throw unknownThing('rule', idOrName, '/api/v1/rules');
    const now = await this.store.setState(
      stored.id,
      state,
      action,
      request.principal!.id,
      expectedOf(stored.id, ifMatch),
      keyedOf(request),
    );
    await this.live.refresh();
    const detail = ruleDetail(this.live, stored.id);
    if (!now || !detail) throw unknownThing('rule', idOrName, '/api/v1/rules');
    reply.header('etag', etagOf(now.change));
    return detail;
  }
}
