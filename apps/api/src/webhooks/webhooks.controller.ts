import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { checkTarget, makeSecret, TargetSettings, withPassword } from '#libs/notification';
import { type StoredTarget, WebhookStore } from '#libs/storage';
import { Problem, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { invalidQuery, unknownThing } from '../http/problems.js';
import { parseBody } from '../http/query.js';
import { NETWORKS } from '../ports.js';
import { etagOf, expectedOf, NewSecret, Webhook, WebhookList, WrittenWebhook, webhookWire } from './webhook.js';

const params = { id: 'Its id: lower-case letters, digits, dots, dashes' };
const none = { 404: 'No such webhook' };

/** Targets hold credentials and say where alerts go: they are for `admin`. */
@ApiTags('Webhooks')
@Controller('api/v1/webhooks')
export class WebhooksController {
  constructor(
    @Inject(WebhookStore) private readonly store: WebhookStore,
    @Inject(NETWORKS) private readonly networks: readonly string[],
  ) {}

  @Get()
  @RequireScope('admin')
  @Documented({ summary: 'Where notifications go, by id', answers: WebhookList })
  async list(): Promise<Static<typeof WebhookList>> {
    return { items: (await this.store.list()).map(webhookWire), next: null };
  }

  @Get(':id')
  @RequireScope('admin')
  @Documented({ summary: 'One of them', answers: Webhook, params, problems: none })
  async get(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<Webhook> {
    const found = await this.store.get(id);
    if (!found) throw unknown(id);
    reply.header('etag', etagOf(found));
    return webhookWire(found);
  }

  @Put(':id')
  @RequireScope('admin')
  @Documented({
    summary: 'Add a target of notifications, or change one',
    description:
      'Of one that is there, If-Match must name its ETag. A new one is told of what happens from then on. Of kind `webhook` the answer to the first PUT has its `secret`.',
    answers: WrittenWebhook,
    params,
    body: TargetSettings,
    problems: {
      409: 'There are 200 already',
      412: 'It was changed since its ETag was read',
      422: 'The body is wrong, or notifications may not go there',
      428: 'If-Match is missing',
    },
  })
  async put(
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Static<typeof WrittenWebhook>> {
    if (!/^[a-z0-9][a-z0-9.-]{0,62}$/.test(id)) {
      throw invalidQuery([{ field: 'id', message: 'must be up to 63 lower-case letters, digits, dots and dashes' }]);
    }
    const given = parseBody(TargetSettings, body);
    const known = await this.store.get(id);
    if (known && ifMatch === undefined) throw needsMatch(known);
    const settings = withPassword(given, known?.settings);
    await checkTarget(settings, this.networks);
    const secret = makeSecret();
    const target = { id, settings, secrets: settings.kind === 'webhook' ? [secret] : [] };
    const stored = await this.store.put(target, actorOf(request), known ? expectedOf(ifMatch) : 0);
    reply.header('etag', etagOf(stored));
    return { ...webhookWire(stored), ...(stored.secrets.includes(secret) && { secret }) };
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScope('admin')
  @Documented({
    summary: 'Take a target away, with what was to be sent there',
    params,
    problems: { ...none, 412: 'It was changed since its ETag was read' },
  })
  async remove(
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    if (!(await this.store.delete(id, actorOf(request), expectedOf(ifMatch)))) throw unknown(id);
  }

  @Post(':id/secret')
  @HttpCode(200)
  @RequireScope('admin')
  @Documented({
    summary: 'Make a new secret; messages are signed with it and with the one before it',
    answers: NewSecret,
    params,
    problems: { ...none, 409: 'It is not of kind webhook' },
    once: {
      field: 'secret',
      said: (_, { id }) =>
        `The first request with this Idempotency-Key made a secret for the webhook ${id}, which was shown then only: make another, with another Idempotency-Key. Messages are signed with these two then, and no more with those before.`,
    },
  })
  async rotate(@Param('id') id: string, @Req() request: FastifyRequest): Promise<Static<typeof NewSecret>> {
    await this.signed(id);
    const secret = makeSecret();
    const choose = (before: readonly string[]) => [secret, ...before];
    if (!(await this.store.setSecrets(id, choose, actorOf(request), keyedOf(request)))) throw unknown(id);
    return { secret };
  }

  @Delete(':id/secret')
  @HttpCode(204)
  @RequireScope('admin')
  @Documented({
    summary: 'Sign with the newest secret only: the receiver knows it now',
    params,
    problems: { ...none, 409: 'It is not of kind webhook' },
  })
  async retire(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    await this.signed(id);
    if (!(await this.store.setSecrets(id, ([newest]) => [newest], actorOf(request)))) throw unknown(id);
  }

  private async signed(id: string): Promise<void> {
    const found = await this.store.get(id);
    if (!found) throw unknown(id);
    const { kind } = found.settings;
    if (kind !== 'webhook')
      throw new Problem(409, 'WEBHOOK_UNSIGNED', `${id} is of kind ${kind}, which signs nothing.`);
  }
}

const actorOf = (request: FastifyRequest): string => request.principal!.id;
const unknown = (id: string): Problem => unknownThing('webhook', id, '/api/v1/webhooks');

const needsMatch = (known: StoredTarget): Problem =>
  new Problem(
    428,
    'WEBHOOK_UNSEEN',
    `There is a webhook ${known.id}: send If-Match with the ETag that GET /api/v1/webhooks/${known.id} gave.`,
    { etag: etagOf(known) },
  );
