import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import { documentsIn } from '#libs/sigma';
import { RuleStore } from '#libs/storage';
import { RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { unknownThing } from '../http/problems.js';
import { parseBody, parseQuery } from '../http/query.js';
import { RULE_COUNTERS, RULES } from '../ports.js';
import { etagOf, findStored } from './etag.js';
import type { LiveRules } from './live-rules.js';
import { CompiledRule, compiledList, Problem, problemList, Rule, RuleDetail, ruleDetail, ruleList } from './rule.js';
import { Counters, countersOf, type RuleCounters } from './rule-counters.js';
import { apart, idsIn, notKept, wireOf } from './rule-texts.js';
import { VersionList, versionList } from './rule-version.js';

const ListedRule = Type.Object({ ...Rule.properties, counters: Type.Union([Counters, Type.Null()]) });
const RulesQuery = Type.Object({
  by: Type.Optional(Type.Enum(['name', 'cost', 'events', 'groups', 'alerts'], { description: 'Default: name' })),
});
const RuleList = Type.Object({
  items: Type.Array(ListedRule),
  problems: Type.Array(Problem, { description: 'Why rules were refused; these do not run' }),
  next: Type.Null(),
});
const RuleText = Type.Object(
  {
    text: Type.String({ maxLength: 1024 * 1024, description: 'YAML; several documents may follow each other' }),
    file: Type.Optional(Type.String({ maxLength: 1000, description: 'What problems call it. Default: rule.yml' })),
  },
  { additionalProperties: false },
);
const Checked = Type.Object({
  ok: Type.Boolean(),
  rules: Type.Array(CompiledRule, { description: 'What the text compiles to' }),
  problems: Type.Array(Problem),
});

@ApiTags('Rules')
@Controller('api/v1/rules')
export class RulesController {
  constructor(
    @Inject(RULES) private readonly live: LiveRules,
    @Inject(RuleStore) private readonly store: RuleStore,
    @Inject(RULE_COUNTERS) private readonly counters: (() => Promise<RuleCounters>) | null,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'The rules that run, and why others do not', answers: RuleList, query: RulesQuery })
  async list(@Query() query: Readonly<Record<string, unknown>>): Promise<Static<typeof RuleList>> {
    const { by = 'name' } = parseQuery(RulesQuery, query);
    const countersFor = this.counters && countersOf(this.live.rules, await this.counters());
    const items = ruleList(this.live).map((rule) => ({ ...rule, counters: countersFor?.(rule.name) ?? null }));
    if (by !== 'name') {
      const figure = by === 'cost' ? 'microsPerEvent' : by;
      items.sort((a, b) => (b.counters?.[figure] ?? 0) - (a.counters?.[figure] ?? 0));
    }
    return { items, problems: problemList(this.live.rules.problems), next: null };
  }

  @Get(':rule')
  @RequireScope('read')
  @Documented({
    summary: 'One rule with its text',
    answers: RuleDetail,
    params: { rule: 'Its id or name' },
    problems: { 404: 'No such rule' },
  })
  one(@Param('rule') idOrName: string, @Res({ passthrough: true }) reply: FastifyReply): RuleDetail {
    const rule = ruleDetail(this.live, idOrName);
    if (!rule) throw unknownThing('rule', idOrName, '/api/v1/rules');
    const stored = this.live.stored.get(rule.id);
    if (stored) reply.header('etag', etagOf(stored.change));
    return rule;
  }

  @Get(':rule/versions')
  @RequireScope('read')
  @Documented({
    summary: 'What was done to a rule, by whom and when, the newest first',
    answers: VersionList,
    params: { rule: 'Its id or name; of one that went, its id' },
    problems: { 404: 'No such rule' },
  })
  async versions(@Param('rule') idOrName: string): Promise<Static<typeof VersionList>> {
    const history = await this.store.history(findStored(this.live, idOrName)?.id ?? idOrName);
    if (history.length === 0) throw unknownThing('rule', idOrName, '/api/v1/rules');
    return versionList(history);
  }

  @Post('check')
  @HttpCode(200)
  @RequireScope('read')
  @Documented({
    summary: 'Would this rule run among the others? Nothing is kept',
    description: 'As POST /rules would take it; a rule that is there already, as PUT would.',
    answers: Checked,
    body: RuleText,
    problems: { 413: 'The text is too long', 422: 'The body is wrong' },
  })
  check(@Body() body: unknown): Static<typeof Checked> {
    const { text, file = 'rule.yml' } = parseBody(RuleText, body);
    const files = [{ file: apart(file), text }];
    const tried = this.live.tryTexts(files, idsIn(files));
    const problems = [...tried.problems, ...notKept(documentsIn(files))];
    const own = compiledList(tried.rules).filter((rule) => rule.file === apart(file));
    return {
      ok: problems.length === 0,
      rules: own.map((rule) => ({ ...rule, file })),
      problems: wireOf(problems),
    };
  }
}
