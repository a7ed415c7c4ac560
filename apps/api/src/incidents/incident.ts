import Type from 'typebox';
import { Alert, filters, Nullable, paging, severities } from '../alerts/alert.js';

export const Incident = Type.Object({
  id: Type.String({ description: 'That of its first alert' }),
  state: Type.Enum(['open', 'closed'], { description: 'Open while one of its alerts is' }),
  severity: Type.Enum([...severities], { description: 'The highest of its alerts' }),
  openedAt: Type.String({ format: 'date-time' }),
  lastSeen: Type.String({ format: 'date-time' }),
  alerts: Type.Integer(),
  open: Type.Integer({ description: 'Alerts that are open' }),
  group: Type.Record(Type.String(), Type.Unknown(), { description: 'That of the first alert' }),
  rules: Type.Array(Type.String(), { description: 'Their names' }),
  triage: Type.Object(
    { new: Type.Integer(), acknowledged: Type.Integer(), closed: Type.Integer() },
    { description: 'How many alerts are in which status' },
  ),
});

export const IncidentDetail = Type.Object({
  ...Incident.properties,
  items: Type.Array(Alert, { description: 'Its alerts, the newest first' }),
  next: Nullable(Type.String()),
});
export const IncidentList = Type.Object({ items: Type.Array(Incident), next: Nullable(Type.String()) });

const { shadow: _, incident: __, state: ___, ...ofAlerts } = filters;
export const IncidentsQuery = Type.Object({
  state: Type.Optional(Type.Enum(['open', 'closed'], { description: 'Of the incident' })),
  ...ofAlerts,
  ...paging,
});
export const IncidentQuery = Type.Object(paging);
