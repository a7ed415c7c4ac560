import { Controller, Get, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { packHeld, pull, unpackHeld } from '#libs/blocking';
import type { Clock } from '#libs/clock';
import { Bouncers, DecisionLedger } from '#libs/storage';
import { CLOCK, CrowdsecErrors, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { BouncerQuery, bouncerFilter, StreamQuery } from './bouncer-query.js';
import { activeJson, BouncerDecision, streamJson } from './bouncer-wire.js';

const ListOrNull = Type.Union([Type.Array(BouncerDecision), Type.Null()]);
const Stream = Type.Object({ new: ListOrNull, deleted: ListOrNull });
const described =
  'As CrowdSec’s Local API answers its bouncers, errors included: `{"message": …}`, and 403 for a key that is none. The key has the scope `bouncer`.';

type Raw = Readonly<Record<string, unknown>>;

/** CrowdSec's bouncers ask here, unmodified. */
@ApiTags('Bouncers')
@Controller('v1')
export class BouncersController {
  constructor(
    @Inject(Bouncers) private readonly bouncers: Bouncers,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DecisionLedger) private readonly ledger: DecisionLedger,
  ) {}

  @Get('decisions')
  @RequireScope('bouncer')
  @CrowdsecErrors()
  @Documented({
    summary: 'Active decisions, for bouncers',
    description: described,
    answers: ListOrNull,
    query: BouncerQuery,
  })
  async list(@Query() raw: Raw, @Res() reply: FastifyReply): Promise<void> {
    const filter = bouncerFilter(raw);
    const at = this.clock.now();
    const book = await this.ledger.upTo(at);
    const found = [...book.active(at, filter)].map(({ decision }) => decision);
    found.sort((a, b) => a.startsAt - b.startsAt || a.id - b.id);
    answer(reply, activeJson(found, at));
  }

  @Get('decisions/stream')
  @RequireScope('bouncer')
  @CrowdsecErrors()
  @Documented({
    summary: 'What changed since this key last asked from this address, for bouncers',
    description: `${described} HEAD changes nothing.`,
    answers: Stream,
    query: StreamQuery,
  })
  async stream(@Query() raw: Raw, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = bouncerFilter(raw);
    if (request.method === 'HEAD') return answer(reply, Buffer.alloc(0));
    // As CrowdSec does it: who names no scopes can block addresses.
    const filter = { ...asked, scopes: asked.scopes ?? ['Ip', 'Range'] };
    const book = await this.ledger.upTo(this.clock.now());
    const bouncer = { keyId: request.principal!.id, address: request.ip };
    const body = await this.bouncers.with(bouncer, async (packed, find) => {
      const held = packed === null ? null : unpackHeld(packed);
      const pullNow = () => {
        const at = this.clock.now();
        return { at, told: pull(book, held, { at, filter, startup: raw.startup === 'true' }) };
      };
      let { at, told } = pullNow();
      if (told.unknown.length > 0) {
        // What ended long ago, for one that was away meanwhile.
        for (const decision of await find(told.unknown)) book.put(decision);
        ({ at, told } = pullNow());
      }
      return { at, held: packHeld(told.held), answer: streamJson(told.fresh, told.gone, at) };
    });
    answer(reply, body);
  }

  @Post('usage-metrics')
  @HttpCode(201)
  @RequireScope('bouncer')
  @CrowdsecErrors()
  @Documented({
    summary: 'Usage of bouncers: taken, and not kept',
    answers: Type.Null(),
    status: 201,
    query: Type.Object({}),
    body: Type.Object({}, { description: 'What bouncers send' }),
  })
  usage(): null {
    return null;
  }
}

function answer(reply: FastifyReply, json: Buffer): void {
  reply.type('application/json').send(json);
}
