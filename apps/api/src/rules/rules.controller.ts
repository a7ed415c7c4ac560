import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import Type, { type Static } from 'typebox';
import { compileRules, type RuleSet } from '#libs/sigma';
import { RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { unknownThing } from '../http/problems.js';
import { parseBody } from '../http/query.js';
import { RULES } from '../ports.js';
import { Problem, problemList, Rule, RuleDetail, ruleDetail, ruleList } from './rule.js';

const RuleList = Type.Object({
  items: Type.Array(Rule),
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
  rules: Type.Array(Rule, { description: 'What the text compiles to' }),
  problems: Type.Array(Problem),
});

@ApiTags('Rules')
@Controller('api/v1/rules')
export class RulesController {
  constructor(@Inject(RULES) private readonly rules: RuleSet) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'The rules that run, and why others do not', answers: RuleList })
  list(): Static<typeof RuleList> {
    return { items: ruleList(this.rules), problems: problemList(this.rules.problems), next: null };
  }

  @Get(':rule')
  @RequireScope('read')
  @Documented({
    summary: 'One rule with its text',
    answers: RuleDetail,
    params: { rule: 'Its id or name' },
    problems: { 404: 'No such rule' },
  })
  one(@Param('rule') idOrName: string): RuleDetail {
    const rule = ruleDetail(this.rules, idOrName);
    if (!rule) throw unknownThing('rule', idOrName, '/api/v1/rules');
    return rule;
  }

  @Post('check')
  @HttpCode(200)
  @RequireScope('read')
  @Documented({
    summary: 'Would this rule run? Nothing is kept',
    answers: Checked,
    body: RuleText,
    problems: { 413: 'The text is too long', 422: 'The body is wrong' },
  })
  check(@Body() body: unknown): Static<typeof Checked> {
    const { text, file = 'rule.yml' } = parseBody(RuleText, body);
    const checked = compileRules([{ file, text }]);
    return {
      ok: checked.problems.length === 0,
      rules: ruleList(checked),
      problems: problemList(checked.problems),
    };
  }
}
