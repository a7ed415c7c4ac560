import { randomUUID } from 'node:crypto';
import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import { systemAlert } from '#libs/events';
import { deliver, noticed } from '#libs/notification';
import {
  listDeliveries,
  redeliver,
  type Delivery as StoredDelivery,
  type StoredTarget,
  WebhookStore,
} from '#libs/storage';
import { CLOCK, DATABASE, RequireScope } from '../../../platform/src/index.js';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { unknownThing } from '../http/problems.js';
import { parseQuery } from '../http/query.js';
import { NETWORKS } from '../ports.js';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });

const Delivery = Type.Object({
  n: Type.Integer(),
  key: Nullable(
    Type.String({ description: 'The idempotency key, the same at every attempt; null: it waits for others' }),
  ),
  alert: Type.Object({ id: Type.String(), rule: Type.String(), group: Type.Record(Type.String(), Type.Unknown()) }),
  transition: Type.Enum(['opened', 'updated', 'closed', 'merged', 'firing']),
  state: Type.Enum(['waiting', 'sent', 'dead']),
  putAt: Instant,
  dueAt: Nullable(Type.String({ format: 'date-time', description: 'When it is tried, or tried again' })),
  attempts: Type.Integer(),
  doneAt: Nullable(Instant),
  status: Nullable(Type.Integer({ description: 'What the target answered last' })),
  problem: Nullable(Type.String({ description: 'Why the last attempt failed' })),
});
const DeliveryList = Type.Object({ items: Type.Array(Delivery), next: Nullable(Type.String()) });
const DeliveryQuery = Type.Object({
  state: Type.Optional(Type.Enum(['waiting', 'sent', 'dead'], { description: 'dead: given up after 24 h' })),
  cursor: Type.Optional(Type.String({ description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Default 50' })),
});
const Cursor = Type.Object({ n: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });
const Tested = Type.Object({
  delivered: Type.Boolean(),
  status: Nullable(Type.Integer({ description: 'What the target answered' })),
  problem: Nullable(Type.String({ description: 'Why it was not delivered' })),
});

/** What is delivered to a target, by hand too. */
@ApiTags('Webhooks')
@Controller('api/v1/webhooks')
export class DeliveriesController {
  constructor(
    @Inject(WebhookStore) private readonly store: WebhookStore,
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(NETWORKS) private readonly networks: readonly string[],
  ) {}

  @Get(':id/deliveries')
  @RequireScope('admin')
  @Documented({
    summary: 'What was and is to be delivered to it, newest first',
    description: 'What was delivered, or given up, is listed for 30 days.',
    answers: DeliveryList,
    query: DeliveryQuery,
    params: { id: 'Its id' },
    problems: { 404: 'No such webhook' },
  })
  async list(
    @Param('id') id: string,
    @Query() query: Readonly<Record<string, unknown>>,
  ): Promise<Static<typeof DeliveryList>> {
    const { state, cursor, limit = 50 } = parseQuery(DeliveryQuery, query);
    await this.target(id);
    const before = cursor === undefined ? undefined : decodeCursor(Cursor, cursor).n;
    const found = await listDeliveries(this.database, id, { state, before, limit: limit + 1 });
    const items = found.slice(0, limit).map(deliveryWire);
    return { items, next: found.length > limit ? encodeCursor({ n: items[limit - 1].n }) : null };
  }

  @Post(':id/deliveries/:n/redeliver')
  @HttpCode(200)
  @RequireScope('admin')
  @Documented({
    summary: 'Deliver it now, once more or at last, with the same key',
    answers: Delivery,
    params: { id: 'Its id', n: 'Number of the delivery' },
    problems: { 404: 'No such webhook, or no such delivery' },
    once: true,
  })
  async redeliver(
    @Param('id') id: string,
    @Param('n') n: string,
    @Req() request: FastifyRequest,
  ): Promise<Static<typeof Delivery>> {
    await this.target(id);
    const asking = { actor: request.principal!.id, at: new Date(this.clock.now()), request: keyedOf(request) };
    const asked = { target: id, n: Number(n), ...asking };
    const found = /^\d{1,15}$/.test(n) ? await redeliver(this.database, asked) : null;
    if (!found) throw unknownThing('delivery', n, `/api/v1/webhooks/${id}/deliveries`);
    return deliveryWire(found);
  }

  @Post(':id/test')
  @HttpCode(200)
  @RequireScope('admin')
  @Documented({
    summary: 'Send an alert that is made up, at once and once only, and say what came of it',
    answers: Tested,
    params: { id: 'Its id' },
    problems: { 404: 'No such webhook' },
  })
  async test(@Param('id') id: string): Promise<Static<typeof Tested>> {
    const target = await this.target(id);
    const now = this.clock.now();
    const { data } = systemAlert({
      rule: { id: 'weir-test', name: 'weir-test', title: 'A test of notifications' },
      episode: String(now),
      severity: 'informational',
      group: { target: id },
      openedAt: now,
      lastSeen: now,
      closedAt: null,
      events: 1,
      order: now,
    });
    const message = {
      key: `test-${randomUUID()}`,
      transitions: [{ n: 0, transition: 'opened' as const, alert: noticed(data) }],
    };
    const outcome = await deliver(target, message, { now, networks: this.networks });
    return { delivered: outcome.kind === 'delivered', status: outcome.status, problem: outcome.problem };
  }

  private async target(id: string): Promise<StoredTarget> {
    const found = await this.store.get(id);
    if (!found) throw unknownThing('webhook', id, '/api/v1/webhooks');
    return found;
  }
}

function deliveryWire(row: StoredDelivery): Static<typeof Delivery> {
  const { alert, state } = row;
  return {
    n: Number(row.n),
    key: row.message,
    alert: { id: row.alertId, rule: alert.rule.name, group: alert.group },
    transition: row.transition,
    state,
    putAt: row.putAt.toISOString(),
    dueAt: state === 'waiting' ? row.dueAt.toISOString() : null,
    attempts: row.attempts,
    doneAt: row.doneAt?.toISOString() ?? null,
    status: row.status,
    problem: row.problem,
  };
}
