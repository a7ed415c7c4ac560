import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import { canonicalScope, decisionTypes, type GuardOptions } from '#libs/blocking';
import type { Clock } from '#libs/clock';
import { DecisionStore, listDecisions } from '#libs/storage';
import { CLOCK, DATABASE, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { invalidBody, invalidQuery, unknownThing } from '../http/problems.js';
import { millis, parseBody, parseQuery } from '../http/query.js';
import { GUARD } from '../ports.js';
import { Decision, decisionWire, freshWire } from './decision.js';
import { parseDuration } from './duration.js';
import { canonicalValue, targetOfBody, valuesHolding } from './target.js';

const text = (description: string) => Type.String({ minLength: 1, maxLength: 500, description });

const DecisionsQuery = Type.Object({
  at: Type.Optional(Type.String({ format: 'date-time', description: 'Who was blocked then. Default: now' })),
  history: Type.Optional(
    Type.Boolean({ description: 'Also those that expired, were lifted or refused, with their state at that time' }),
  ),
  type: Type.Optional(Type.Enum([...decisionTypes])),
  scope: Type.Optional(text('Ip, Range, Country, AS, …')),
  value: Type.Optional(text('Exactly this')),
  ip: Type.Optional(text('An address or network: decisions that block it')),
  rule: Type.Optional(text('Id or name of the rule')),
  alert: Type.Optional(text('Id of the alert')),
  cursor: Type.Optional(Type.String({ maxLength: 1_000, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
});
const DecisionList = Type.Object({ items: Type.Array(Decision), next: Type.Union([Type.String(), Type.Null()]) });
const NewDecision = Type.Object(
  {
    type: Type.Optional(Type.Enum([...decisionTypes], { default: 'ban' })),
    scope: Type.Optional(text('What the value is. Default: Ip, or Range for a network')),
    value: text('Whom'),
    duration: Type.String({ description: 'Such as 4h', minLength: 2, maxLength: 20 }),
    reason: Type.String({ minLength: 1, maxLength: 1_000 }),
  },
  { additionalProperties: false },
);
const LiftQuery = Type.Object({
  scope: Type.Optional(text('Default: Ip, or Range for a network')),
  value: text('Whom'),
});
const Lifted = Type.Object({ lifted: Type.Integer() });

type Raw = Readonly<Record<string, unknown>>;

@ApiTags('Decisions')
@Controller('api/v1/decisions')
export class DecisionsController {
  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DecisionStore) private readonly store: DecisionStore,
    @Inject(GUARD) private readonly guard: GuardOptions,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'Who is blocked, why and until when', answers: DecisionList, query: DecisionsQuery })
  async list(@Query() raw: Raw): Promise<Static<typeof DecisionList>> {
    const { at: instant, ip, value, scope, limit = 50, ...rest } = parseQuery(DecisionsQuery, raw);
    const at = millis(instant) ?? this.clock.now();
    const holding = ip === undefined ? undefined : valuesHolding(ip);
    if (holding === null) throw invalidQuery([{ field: 'ip', message: 'must be an address or a network' }]);
    const values = value === undefined ? holding : [value].filter((one) => holding?.includes(one) !== false);
    const asked = { ...rest, at, limit, values, ...(scope && { scope: canonicalScope(scope) }) };
    const { items, next } = await listDecisions(this.database, asked);
    return { items: items.map((item) => decisionWire(item, at)), next };
  }

  @Post()
  @HttpCode(201)
  @RequireScope('decisions')
  @Documented({
    summary: 'Block somebody by hand',
    description: 'An entry of the allowlist stands above it.',
    answers: Decision,
    status: 201,
    body: NewDecision,
    problems: { 422: 'The body is wrong, or that may not be blocked' },
    once: true,
  })
  async add(@Body() body: unknown, @Req() request: FastifyRequest): Promise<Decision> {
    const { type = 'ban', scope, value, duration, reason } = parseBody(NewDecision, body);
    const durationMs = parseDuration(duration);
    if (durationMs === null)
      throw invalidBody([{ field: 'duration', message: 'must be such as 90s, 30m, 4h or 7d, at most 366d' }]);
    const target = targetOfBody({ scope: scope ?? scopeOf(value), value }, this.guard);
    const actor = request.principal!.id;
    return freshWire(await this.store.add({ type, ...target, durationMs, reason }, actor, keyedOf(request)));
  }

  @Delete()
  @HttpCode(200)
  @RequireScope('decisions')
  @Documented({ summary: 'Lift all that blocks somebody', answers: Lifted, query: LiftQuery })
  async liftAll(@Query() raw: Raw, @Req() request: FastifyRequest): Promise<Static<typeof Lifted>> {
    const { scope: given, value: text } = parseQuery(LiftQuery, raw);
    const scope = canonicalScope(given ?? scopeOf(text));
    const value = canonicalValue(scope, text);
    const asked = { at: this.clock.now(), scope, values: [value], limit: 200 };
    let lifted = 0;
    // Page by page: what is lifted meanwhile blocked somebody at that time, and is listed all the same.
    for (let cursor: string | undefined; ; ) {
      const { items, next } = await listDecisions(this.database, { ...asked, cursor });
      lifted += await this.store.lift(
        items.map(({ decision }) => decision),
        request.principal!.id,
      );
      if (next === null) return { lifted };
      cursor = next;
    }
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScope('decisions')
  @Documented({
    summary: 'Lift a decision: it blocks nobody from now on',
    params: { id: 'Its uuid, or the number that bouncers know' },
    problems: { 404: 'No such decision' },
  })
  async lift(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    const decision = await this.store.find(id);
    if (!decision) throw unknownThing('decision', id, '/api/v1/decisions');
    await this.store.lift([decision], request.principal!.id);
  }
}

const scopeOf = (value: string): string => (value.includes('/') ? 'Range' : 'Ip');
