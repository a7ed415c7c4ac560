import { prepared } from '../database/prepared.js';

/** Every transaction that changed alerts says so on this channel, with the newest number. */
export const notifyChangesSql = prepared(
  `SELECT pg_notify('weir_alerts', (SELECT last_value FROM computed.alert_change)::text)`,
);
