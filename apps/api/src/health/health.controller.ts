import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import { Problem, Public } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { Readiness } from './readiness.js';

const Live = Type.Object({ status: Type.Literal('live') });
const Ready = Type.Object({
  status: Type.Literal('ready'),
  checks: Type.Array(
    Type.Object({
      name: Type.Enum(['log', 'database', 'consumers']),
      ok: Type.Boolean(),
      reason: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  @Get('live')
  @Public()
  @Documented({ summary: 'Does this process answer?', answers: Live, open: true })
  live(@Res({ passthrough: true }) reply: FastifyReply): Static<typeof Live> {
    reply.header('cache-control', 'no-store');
    return { status: 'live' };
  }

  @Get('ready')
  @Public()
  @Documented({
    summary: 'Can it do its work: log writable, database reachable, consumers where the log ended when they came?',
    answers: Ready,
    open: true,
    problems: { 503: 'No; `checks` says why' },
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Static<typeof Ready>> {
    reply.header('cache-control', 'no-store');
    const checks = await this.readiness.check();
    const failing = checks.filter(({ ok }) => !ok);
    if (failing.length === 0) return { status: 'ready', checks };
    const reasons = failing.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    throw new Problem(503, 'NOT_READY', `Not ready. ${reasons}.`, { checks }, { 'retry-after': '2' });
  }
}
