import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import type { GroupDescription, Log } from '#libs/log';
import { once, writeAudit } from '#libs/storage';
import { CLOCK, DATABASE, LOG, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { keyedOf } from '../http/once-per-key.js';
import { unknownThing } from '../http/problems.js';
import { parseBody, parseQuery } from '../http/query.js';
import { GroupLag, groupNames, lagOf, PartitionLag } from './lag.js';
import { Move, plan, Reset } from './reset.js';

const GroupList = Type.Object({ items: Type.Array(GroupLag), next: Type.Null() });
const Group = Type.Object({
  group: Type.String(),
  records: Type.Integer({ description: 'Lag: not yet processed, over all partitions' }),
  seconds: Type.Number({ description: 'Lag of the partition furthest behind' }),
  members: Type.Array(
    Type.Object({
      id: Type.String(),
      partitions: Type.Array(Type.Object({ topic: Type.String(), partition: Type.Integer() })),
    }),
  ),
  partitions: Type.Array(PartitionLag),
});
const Lag = Type.Object({
  caughtUp: Type.Boolean({ description: 'No group has anything left to process' }),
  items: Type.Array(Type.Object({ ...GroupLag.properties, partitions: Type.Array(PartitionLag) })),
});
const ResetQuery = Type.Object({
  dryRun: Type.Optional(Type.Boolean({ description: 'Only say what would move' })),
});
const ResetDone = Type.Object({ group: Type.String(), dryRun: Type.Boolean(), moves: Type.Array(Move) });

type Raw = Readonly<Record<string, unknown>>;

@ApiTags('Log')
@Controller('api/v1')
export class GroupsController {
  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DATABASE) private readonly database: DataSource,
  ) {}

  @Get('groups')
  @RequireScope('read')
  @Documented({ summary: 'Consumer groups and how far they are behind', answers: GroupList })
  async list(): Promise<Static<typeof GroupList>> {
    const lags = await lagOf(this.log, this.clock, await groupNames(this.log));
    return { items: lags.map(({ partitions: _, description: __, ...sums }) => sums), next: null };
  }

  @Get('groups/:group')
  @RequireScope('read')
  @Documented({
    summary: 'One group: members, positions, lag in records and seconds for each partition',
    answers: Group,
    params: { group: 'Its name' },
    problems: { 404: 'No such group' },
  })
  async one(@Param('group') name: string): Promise<Static<typeof Group>> {
    await this.known(name);
    const [{ group, records, seconds, partitions, description }] = await lagOf(this.log, this.clock, [name]);
    return { group, records, seconds, members: description.members, partitions };
  }

  @Get('lag')
  @RequireScope('read')
  @Documented({ summary: 'The lag of every group', answers: Lag })
  async lag(): Promise<Static<typeof Lag>> {
    const lags = await lagOf(this.log, this.clock, await groupNames(this.log));
    return {
      caughtUp: lags.every(({ records }) => records === 0),
      items: lags.map(({ description: _, ...lag }) => lag),
    };
  }

  @Post('groups/:group/positions')
  @HttpCode(200)
  @RequireScope('admin')
  @Documented({
    summary: 'Move the positions of a group: it reads on from there',
    description: 'The group must have no members while it is moved: stop its consumers first.',
    answers: ResetDone,
    params: { group: 'Its name' },
    query: ResetQuery,
    body: Reset,
    problems: { 404: 'No such group, topic or partition', 409: 'The group has members', 422: 'The body is wrong' },
    once: true,
  })
  async reset(
    @Param('group') name: string,
    @Query() raw: Raw,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<Static<typeof ResetDone>> {
    const { dryRun = false } = parseQuery(ResetQuery, raw);
    const moves = await plan(this.log, await this.known(name), parseBody(Reset, body));
    if (!dryRun) await this.move(name, moves, request);
    return { group: name, dryRun, moves };
  }

  /** Noted only where it is done: what the log refuses takes its note back. */
  private async move(name: string, moves: readonly Move[], request: FastifyRequest): Promise<void> {
    const positions = moves.map(({ topic, partition, to }) => ({ topic, partition, offset: to }));
    await this.database.transaction(async (manager) => {
      await once(manager, keyedOf(request));
      const [actor, at] = [request.principal!.id, new Date(this.clock.now())];
      await writeAudit(manager, { at, actor, action: 'group.moved', subject: `group:${name}`, facts: { moves } });
      await this.log.resetGroup(name, positions);
    });
  }

  private async known(name: string): Promise<GroupDescription> {
    const names = await groupNames(this.log);
    if (!names.includes(name)) throw unknownThing('group', name, '/api/v1/groups');
    return this.log.describeGroup(name);
  }
}
