import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import { type AuditEntry, type AuditFilter, type AuditPosition, readAuditLog } from '#libs/storage';
import { DATABASE, RequireScope } from '../../../platform/src/index.js';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import { Documented } from '../http/documented.js';
import { millis, parseQuery } from '../http/query.js';
import { exportAuditLog } from './export-audit.js';

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description }));
const instant = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

const AuditLogQuery = Type.Object({
  actor: text('Who did it: a key’s id, `person:<subject>`, or `weir`'),
  action: text('What was done, as in `key.created`'),
  subject: text('To what, as in `key:3f9c2a71b04d5e6f`'),
  since: instant('Done then or later'),
  until: instant('Done before'),
  cursor: Type.Optional(Type.String({ maxLength: 10_000, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  format: Type.Optional(
    Type.Enum(['json', 'ndjson', 'csv'], {
      default: 'json',
      description: 'Other than `json`: all pages at once, as lines',
    }),
  ),
});
const Entry = Type.Object({
  id: Type.String(),
  at: Type.String({ format: 'date-time' }),
  actor: Type.String(),
  actorName: Type.Union([Type.String(), Type.Null()], { description: 'The name that the key or person has now' }),
  action: Type.String(),
  subject: Type.String(),
  facts: Type.Unknown(),
});
const AuditLogPage = Type.Object({ items: Type.Array(Entry), next: Type.Union([Type.String(), Type.Null()]) });
type Page = Static<typeof AuditLogPage>;
const Cursor = Type.Tuple([Type.Integer({ minimum: 0, maximum: 8.64e15 }), Type.String({ pattern: '^[0-9]{1,18}$' })]);

const LINES = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' };

@ApiTags('Administration')
@Controller('api/v1/audit-log')
export class AuditLogController {
  constructor(@Inject(DATABASE) private readonly database: DataSource) {}

  @Get()
  @RequireScope('admin')
  @Documented({ summary: 'Who changed what, and when: the newest first', answers: AuditLogPage, query: AuditLogQuery })
  async list(@Query() raw: Readonly<Record<string, unknown>>, @Res() reply: FastifyReply): Promise<void> {
    const { limit = 50, cursor, format = 'json', since, until, ...rest } = parseQuery(AuditLogQuery, raw);
    const filter = { ...rest, since: millis(since), until: millis(until) };
    const after = cursor === undefined ? null : positionOf(cursor);
    if (format === 'json') {
      reply.send(await this.page(filter, limit, after));
      return;
    }
    // Not handed to Nest, for which somebody who stops reading would be a defect of ours.
    reply
      .header('content-type', LINES[format])
      .header('content-disposition', `attachment; filename=audit-log.${format}`)
      .send(Readable.from(exportAuditLog(this.database, filter, format)));
  }

  private async page(filter: AuditFilter, limit: number, after: AuditPosition | null): Promise<Page> {
    const entries = await readAuditLog(this.database, filter, limit + 1, after);
    const items = entries.slice(0, limit);
    const last = entries.length > limit ? items[limit - 1] : null;
    return { items: items.map(entryWire), next: last && encodeCursor([last.at.getTime(), last.id]) };
  }
}

function positionOf(cursor: string): AuditPosition {
  const [at, id] = decodeCursor(Cursor, cursor);
  return { at, id };
}

const entryWire = (entry: AuditEntry): Static<typeof Entry> => ({ ...entry, at: entry.at.toISOString() });
