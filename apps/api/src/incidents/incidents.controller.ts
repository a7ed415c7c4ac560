import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { DataSource } from 'typeorm';
import { type AlertPage, getIncident, type IncidentWire, listAlerts, listIncidents, type Page } from '#libs/storage';
import { DATABASE, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { unknownThing } from '../http/problems.js';
import { millis, parseQuery } from '../http/query.js';
import { IncidentDetail, IncidentList, IncidentQuery, IncidentsQuery } from './incident.js';

type Raw = Readonly<Record<string, unknown>>;

@ApiTags('Incidents')
@Controller('api/v1/incidents')
export class IncidentsController {
  constructor(@Inject(DATABASE) private readonly database: DataSource) {}

  @Get()
  @RequireScope('read')
  @Documented({
    summary: 'Incidents, the newest first: alerts of one cause',
    description: 'Those of which an alert matches all filters; `state`, `since` and `until` are of the incident.',
    answers: IncidentList,
    query: IncidentsQuery,
  })
  list(@Query() raw: Raw): Promise<Page<IncidentWire>> {
    const { since, until, ...rest } = parseQuery(IncidentsQuery, raw);
    return listIncidents(this.database, { ...rest, since: millis(since), until: millis(until) });
  }

  @Get(':id')
  @RequireScope('read')
  @Documented({
    summary: 'One incident with its alerts',
    description: 'By its id, or that of any alert in it: so an id that it once had leads to it, too.',
    answers: IncidentDetail,
    query: IncidentQuery,
    params: { id: 'Its id' },
    problems: { 404: 'No such incident' },
  })
  async one(@Param('id') id: string, @Query() raw: Raw): Promise<IncidentWire & AlertPage> {
    const page = parseQuery(IncidentQuery, raw);
    const incident = await getIncident(this.database, id);
    if (!incident) throw unknownThing('incident', id, '/api/v1/incidents');
    return { ...incident, ...(await listAlerts(this.database, { ...page, incident: incident.id })) };
  }
}
