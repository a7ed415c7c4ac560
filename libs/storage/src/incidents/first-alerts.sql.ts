import { prepared } from '../database/prepared.js';

/**
 * $1: names of incidents, $2: ids of alerts to leave out. The first alert of each, if it has others: of those that
 * count, by when they opened; where none counts, of all.
 */
export const firstAlertsSql = prepared(`
  SELECT incident, first.id, first.opened_at AS "openedAt", first.counts
  FROM unnest($1::text[]) AS incident
  CROSS JOIN LATERAL (
    (SELECT a.id, a.opened_at, true AS counts FROM computed.alert a
     WHERE a.incident = incident.incident AND a.state <> 'merged' AND NOT a.shadow AND NOT a.retro
       AND a.id <> ALL ($2::text[])
     ORDER BY a.opened_at, a.id COLLATE "C" LIMIT 1)
    UNION ALL
    (SELECT a.id, a.opened_at, false FROM computed.alert a
     WHERE a.incident = incident.incident AND a.id <> ALL ($2::text[])
     ORDER BY a.opened_at, a.id COLLATE "C" LIMIT 1)
    ORDER BY counts DESC LIMIT 1) AS first`);
