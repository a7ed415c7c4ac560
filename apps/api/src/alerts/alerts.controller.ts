import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import type { DataSource } from 'typeorm';
import { type AlertFeed, type AlertPage, type AlertWire, getAlert, listAlerts, TriageStore } from '#libs/storage';
import { DATABASE, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { OpenStreams } from '../http/open-streams.js';
import { invalidQuery, unknownThing } from '../http/problems.js';
import { parseQuery } from '../http/query.js';
import { ALERT_FEED } from '../ports.js';
import { etagOf } from '../rules/etag.js';
import { AlertDetail, AlertList, filterOf, filters, paging } from './alert.js';
import { followAlerts } from './follow-alerts.js';

const AlertsQuery = Type.Object({ ...filters, ...paging });

type Raw = Readonly<Record<string, unknown>>;

@ApiTags('Alerts')
@Controller('api/v1/alerts')
export class AlertsController {
  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(ALERT_FEED) private readonly feed: AlertFeed,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
    @Inject(TriageStore) private readonly triage: TriageStore,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'Alerts, the newest first', answers: AlertList, query: AlertsQuery })
  list(@Query() raw: Raw): Promise<AlertPage> {
    const { cursor, limit, ...filter } = parseQuery(AlertsQuery, raw);
    return listAlerts(this.database, { ...filterOf(filter), cursor, limit });
  }

  @Get('stream')
  @RequireScope('read')
  @Documented({
    summary: 'Alerts as they open, change and close (server-sent events)',
    description:
      'Each event `alert` is an alert in its newest revision, and its id is the number of the change: Last-Event-ID goes on after it, without it only what changes from now on is sent. A client that reads too slowly is cut off, and can come back.',
    answers: Type.String(),
    contentType: 'text/event-stream',
    lastEventId: 'Goes on after this change',
    problems: { 503: 'Too many streams' },
  })
  async stream(@Headers('last-event-id') lastEventId: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    if (lastEventId && !/^\d{1,16}$/.test(lastEventId)) {
      throw invalidQuery([{ field: 'Last-Event-ID', message: 'must be the id of an event of this stream' }]);
    }
    const after = lastEventId ? Number(lastEventId) : null;
    await followAlerts(this.database, this.feed, after, () => this.streams.open(reply));
  }

  @Get(':id')
  @RequireScope('read')
  @Documented({
    summary: 'One alert with its evidence',
    description: 'The ETag is of what people made of it: If-Match of PATCH takes it.',
    answers: AlertDetail,
    params: { id: 'Its id' },
    problems: { 404: 'No such alert' },
  })
  async one(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<AlertWire> {
    // First: what changes in between makes the ETag too old, never too new.
    const change = await this.triage.changeOf(id);
    const alert = await getAlert(this.database, id);
    if (change === null || !alert) throw unknownThing('alert', id, '/api/v1/alerts');
    reply.header('etag', etagOf(change));
    return alert;
  }
}
