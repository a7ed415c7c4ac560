import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { allScopes, type KeyRecord, type KeyStore, mintKey } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { CLOCK, KEYS, Problem, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { invalidBody, unknownThing } from '../http/problems.js';
import { millis, parseBody } from '../http/query.js';

const Instant = Type.String({ format: 'date-time' });
const Scopes = Type.Array(Type.Enum([...allScopes]), { minItems: 1, uniqueItems: true });

const Key = Type.Object({
  id: Type.String(),
  name: Type.String(),
  scopes: Scopes,
  createdAt: Instant,
  expiresAt: Type.Union([Instant, Type.Null()]),
  lastUsedAt: Type.Union([Instant, Type.Null()]),
  revokedAt: Type.Union([Instant, Type.Null()]),
  previousUntil: Type.Union([Instant, Type.Null()], {
    description: 'Until when the secret before the last rotation works, too',
  }),
});
const Rotation = Type.Object(
  {
    graceSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30 * 86_400,
        default: 86_400,
        description: 'How long the secret that it has goes on working',
      }),
    ),
  },
  { additionalProperties: false },
);
const NewKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    scopes: Scopes,
    expiresAt: Type.Optional(Instant),
  },
  { additionalProperties: false },
);
const CreatedKey = Type.Object({
  ...Key.properties,
  key: Type.String({ description: 'The key itself: shown this once, kept nowhere' }),
});
const KeyList = Type.Object({ items: Type.Array(Key), next: Type.Null() });

@ApiTags('Keys')
@Controller('api/v1/keys')
export class KeysController {
  constructor(
    @Inject(KEYS) private readonly keys: KeyStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @RequireScope('admin')
  @Documented({ summary: 'All keys, newest first, revoked ones too', answers: KeyList })
  async list(): Promise<Static<typeof KeyList>> {
    return { items: (await this.keys.list()).map(keyWire), next: null };
  }

  @Post()
  @HttpCode(201)
  @RequireScope('admin')
  @Documented({
    summary: 'Make a key',
    answers: CreatedKey,
    status: 201,
    body: NewKey,
    problems: { 422: 'The body is wrong' },
    once: {
      field: 'key',
      said: ({ id }) =>
        `The first request with this Idempotency-Key made the key ${id}, which was shown then only: POST /api/v1/keys/${id}/rotate gives it another secret, with another Idempotency-Key.`,
    },
  })
  async create(@Body() body: unknown, @Req() request: FastifyRequest): Promise<Static<typeof CreatedKey>> {
    const { name, scopes, expiresAt } = parseBody(NewKey, body);
    const expires = millis(expiresAt) ?? null;
    if (expires !== null && expires <= this.clock.now()) {
      throw invalidBody([{ field: 'expiresAt', message: 'must lie in the future' }]);
    }
    const { id, hash, text } = mintKey();
    const actor = request.principal!.id;
    const record = await this.keys.create({ id, hash, name, scopes, expiresAt: expires }, actor, keyedOf(request));
    return { ...keyWire(record), key: text };
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @RequireScope('admin')
  @Documented({
    summary: 'Give a key another secret, while the one it has still works for a while',
    description: 'The key keeps its id, name, scopes and expiry. A secret before the one it has stops working.',
    answers: CreatedKey,
    body: Rotation,
    params: { id: 'Its id' },
    problems: { 404: 'No such key', 409: 'The key is revoked or expired', 422: 'The body is wrong' },
    once: {
      field: 'key',
      said: ({ id }) =>
        `The first request with this Idempotency-Key gave the key ${id} another secret, which was shown then only: rotate it again, with another Idempotency-Key. The secret that it had before the first stops working then.`,
    },
  })
  async rotate(
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<Static<typeof CreatedKey>> {
    const { graceSeconds = 86_400 } = parseBody(Rotation, body);
    const { hash, text } = mintKey(id);
    const until = this.clock.now() + graceSeconds * 1_000;
    const rotation = await this.keys.rotate(id, hash, until, request.principal!.id, keyedOf(request));
    if (rotation.kind === 'unknown') throw unknownThing('key', id, '/api/v1/keys');
    if (rotation.kind === 'rotated') return { ...keyWire(rotation.key), key: text };
    throw new Problem(409, 'KEY_OVER', `The key ${id} is revoked or expired: make a new one.`);
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScope('admin')
  @Documented({ summary: 'Revoke a key', params: { id: 'Its id' }, problems: { 404: 'No such key' } })
  async revoke(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    if (!(await this.keys.revoke(id, request.principal!.id))) throw unknownThing('key', id, '/api/v1/keys');
  }
}

function keyWire(key: KeyRecord): Static<typeof Key> {
  const { id, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt, previous } = key;
  const instant = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  return {
    id,
    name,
    scopes: [...scopes],
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: instant(expiresAt),
    lastUsedAt: instant(lastUsedAt),
    revokedAt: instant(revokedAt),
    previousUntil: instant(previous?.until ?? null),
  };
}
