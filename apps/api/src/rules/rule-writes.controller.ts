import { Body, Controller, Delete, Headers, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { documentsIn, type RuleFile } from '#libs/sigma';
import { RuleStore, type RuleText, type StoredRule } from '#libs/storage';
import { Problem, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { invalidBody, unknownThing } from '../http/problems.js';
import { parseBody } from '../http/query.js';
import { RULES } from '../ports.js';
import { etagOf, expectedOf, findStored } from './etag.js';
import { rulesToImport } from './import-rules.js';
import type { LiveRules } from './live-rules.js';
import { RuleDetail, Problem as RuleProblem, ruleDetail } from './rule.js';
import { apart, notKept, textsIn, wireOf } from './rule-texts.js';
import { states } from './rule-version.js';

const text = Type.String({ minLength: 1, maxLength: 1024 * 1024, description: 'YAML' });
const NewRules = Type.Object(
  { text, file: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })) },
  { additionalProperties: false },
);
const OneRule = Type.Object({ text }, { additionalProperties: false });
const Written = Type.Object({ items: Type.Array(RuleDetail) });
const Files = Type.Object(
  {
    files: Type.Array(Type.Object({ file: Type.String({ minLength: 1, maxLength: 1000 }), text }), { maxItems: 1000 }),
    state: Type.Optional(Type.Enum([...states], { description: 'Of rules that are new. Default: enabled' })),
  },
  { additionalProperties: false },
);
const Imported = Type.Object({
  taken: Type.Array(Type.String(), { description: 'Ids of rules that are new or changed' }),
  unchanged: Type.Array(Type.String()),
  refused: Type.Array(RuleProblem, { description: 'Why; their files have none of their rules taken' }),
});
const refusals = {
  412: 'The rule was changed since its ETag was read',
  422: 'The body is wrong, or the rule would not run (`problems` says why)',
};

@ApiTags('Rules')
@Controller('api/v1/rules')
export class RuleWritesController {
  constructor(
    @Inject(RULES) private readonly live: LiveRules,
    @Inject(RuleStore) private readonly store: RuleStore,
  ) {}

  @Post()
  @HttpCode(201)
  @RequireScope('rules')
  @Documented({
    summary: 'Add rules; each YAML document is one',
    answers: Written,
    status: 201,
    body: NewRules,
    problems: { 409: 'There is a rule with that id', ...refusals },
    once: true,
  })
  async add(@Body() body: unknown, @Req() request: FastifyRequest): Promise<Static<typeof Written>> {
    const { text, file = 'rule.yml' } = parseBody(NewRules, body);
    const texts = this.compiled([{ file: apart(file), text }], []);
    const known = texts.find(({ id }) => this.live.stored.has(id));
    if (known) throw exists(known.id);
    const none = Object.fromEntries(texts.map(({ id }) => [id, 0]));
    await this.store.put(texts, actorOf(request), none, 'enabled', keyedOf(request));
    await this.live.refresh();
    return { items: texts.flatMap(({ id }) => ruleDetail(this.live, id) ?? []) };
  }

  @Put(':rule')
  @RequireScope('rules')
  @Documented({
    summary: 'Change a rule, or add it: its next version',
    description: 'Of a rule that is there, If-Match must name its ETag. It then stands in place of the one in a file.',
    answers: RuleDetail,
    params: { rule: 'Its id' },
    body: OneRule,
    problems: { ...refusals, 428: 'If-Match is missing' },
  })
  async put(
    @Param('rule') idOrName: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleDetail> {
    const { text } = parseBody(OneRule, body);
    const stored = findStored(this.live, idOrName);
    if (stored && !ifMatch) throw needsMatch(stored);
    const id = stored?.id ?? idOrName;
    const texts = this.compiled([{ file: apart(`${stored?.name ?? idOrName}.yml`), text }], [id]);
    if (texts.length !== 1 || texts[0].id !== id) {
      const found = texts.map((rule) => rule.id).join(', ');
      throw new Problem(422, 'RULE_MISMATCH', `The text must be that of the one rule ${id}; it is that of ${found}.`);
    }
    await this.store.put(texts, actorOf(request), stored ? expectedOf(stored.id, ifMatch) : { [id]: 0 });
    await this.live.refresh();
    const now = this.live.stored.get(id)!;
    reply.header('etag', etagOf(now.change));
    return ruleDetail(this.live, id)!;
  }

  @Delete(':rule')
  @HttpCode(204)
  @RequireScope('rules')
  @Documented({
    summary: 'Take a rule away; its history stays',
    description: 'Where a rule file has one with that id, that takes its place again.',
    params: { rule: 'Its id or name' },
    problems: { 404: 'No such rule', 409: 'The rule is in a file', 412: refusals[412] },
  })
  async remove(
    @Param('rule') idOrName: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const stored = findStored(this.live, idOrName);
    if (!stored) throw unknownThing('rule', idOrName, '/api/v1/rules');
    if (stored.source === 'file') {
      const said = `${stored.name} is in the file ${stored.file}: take it out there, or disable it.`;
      throw new Problem(409, 'RULE_OF_FILE', said, { file: stored.file });
    }
    await this.store.delete(stored.id, actorOf(request), expectedOf(stored.id, ifMatch));
    await this.live.refresh();
  }

  @Post('import')
  @HttpCode(200)
  @RequireScope('rules')
  @Documented({
    summary: 'Take the rules of files, as far as they can be run',
    description:
      'A rule that is there already gets its next version. Files with problems are refused, each for itself.',
    answers: Imported,
    body: Files,
    problems: { 413: 'The files are too long together', 422: 'The body is wrong' },
    once: true,
  })
  async import(@Body() body: unknown, @Req() request: FastifyRequest): Promise<Static<typeof Imported>> {
    const { files, state } = parseBody(Files, body);
    if (new Set(files.map(({ file }) => file)).size < files.length)
      throw invalidBody([{ field: 'files', message: 'must hold each file once' }]);
    const given = files.map(({ file, text }) => ({ file: apart(file), text }));
    const { texts, refused } = rulesToImport(this.live, given);
    const changed = texts.filter(({ id, text }) => this.live.stored.get(id)?.text !== text);
    await this.store.put(changed, actorOf(request), {}, state, keyedOf(request));
    await this.live.refresh();
    const ids = (rules: readonly RuleText[]) => rules.map(({ id }) => id);
    const taken = new Set(ids(changed));
    return {
      taken: [...taken],
      unchanged: ids(texts).filter((id) => !taken.has(id)),
      refused: wireOf(refused),
    };
  }

  /** The rules of texts that run among all others, in place of those with these ids. */
  private compiled(files: readonly RuleFile[], replaced: readonly string[]): RuleText[] {
    const { rules, problems } = this.live.tryTexts(files, replaced);
    if (problems.length > 0) {
      const [{ reason, hint }] = problems;
      throw new Problem(422, 'RULE_REFUSED', `The rule would not run: ${reason}. ${hint}.`, {
        problems: wireOf(problems),
      });
    }
    const others = notKept(documentsIn(files));
    if (others.length === 0) return textsIn(rules, files);
    const said =
      'Only detections and correlations are kept here: filters, mappings and placeholders belong in rule files.';
    throw new Problem(422, 'RULE_MISSING', said, { problems: wireOf(others) });
  }
}

const actorOf = (request: FastifyRequest): string => request.principal!.id;

const exists = (id: string): Problem =>
  new Problem(
    409,
    'RULE_EXISTS',
    `There is a rule ${id}: change it with PUT /api/v1/rules/${id}, or give yours another id.`,
  );

const needsMatch = ({ id, change }: StoredRule): Problem =>
  new Problem(
    428,
    'RULE_UNSEEN',
    `There is a rule ${id}: send If-Match with the ETag that GET /api/v1/rules/${id} gave.`,
    { etag: etagOf(change) },
  );
