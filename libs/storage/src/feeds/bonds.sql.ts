import { prepared } from '../database/prepared.js';
import { blockedSql, mutedSql } from './followed.sql.js';

const follows = (actor: string, target: string): string =>
  `EXISTS (SELECT FROM computed.relation r WHERE r.actor = ${actor} AND r.kind = 1 AND r.target = ${target} AND r.is_on)`;

/** $1 user, $2 names of others. What is between them now. */
export const bondsSql = prepared(`
  SELECT name, ${follows('$1', 'id')} AS follows, ${follows('id', '$1')} AS followed, id IN (${mutedSql}) AS muted,
    id IN (${blockedSql}) AS blocked
  FROM computed.feed_user WHERE name = ANY ($2::text[])`);
