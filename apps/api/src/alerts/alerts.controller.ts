import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import type { DataSource } from 'typeorm';
import { type AlertFeed, type AlertPage, type AlertWire, getAlert, listAlerts } from '#libs/storage';
import { DATABASE, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { OpenStreams } from '../http/open-streams.js';
import { invalidQuery, unknownThing } from '../http/problems.js';
import { millis, parseQuery } from '../http/query.js';
import { ALERT_FEED } from '../ports.js';
import { Alert, AlertDetail, severities, states } from './alert.js';
import { followAlerts } from './follow-alerts.js';

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description }));
const instant = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

const AlertsQuery = Type.Object({
  state: Type.Optional(Type.Enum([...states], { description: 'Default: all but `merged`' })),
  severity: Type.Optional(Type.Enum([...severities])),
  shadow: Type.Optional(Type.Boolean({ description: 'Those of rules in shadow. Default: those of all others' })),
  rule: text("A rule's id or name"),
  group: text("A group's field and value, as in `ip:192.0.2.7`, or a value"),
  owner: text('Who takes care of it'),
  since: instant('Opened then or later'),
  until: instant('Opened before'),
  q: text("Part of a group's value, or of a rule's name or title"),
  cursor: Type.Optional(Type.String({ maxLength: 10_000, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
});
const AlertList = Type.Object({ items: Type.Array(Alert), next: Type.Union([Type.String(), Type.Null()]) });

type Raw = Readonly<Record<string, unknown>>;

@ApiTags('Alerts')
@Controller('api/v1/alerts')
export class AlertsController {
  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(ALERT_FEED) private readonly feed: AlertFeed,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'Alerts, the newest first', answers: AlertList, query: AlertsQuery })
  list(@Query() raw: Raw): Promise<AlertPage> {
    const { since, until, ...rest } = parseQuery(AlertsQuery, raw);
    return listAlerts(this.database, { ...rest, since: millis(since), until: millis(until) });
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
    answers: AlertDetail,
    params: { id: 'Its id' },
    problems: { 404: 'No such alert' },
  })
  async one(@Param('id') id: string): Promise<AlertWire> {
    const alert = await getAlert(this.database, id);
    if (!alert) throw unknownThing('alert', id, '/api/v1/alerts');
    return alert;
  }
}
