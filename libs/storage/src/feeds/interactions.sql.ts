import { prepared } from '../database/prepared.js';
/** $1 user, $2 how many of each at most. What the user did about others' shares, the newest: said of them, and re-shared. */
export const interactionsSql = prepared(`
  (SELECT u.name AS sharer, CASE WHEN slot = 2 THEN 'open' WHEN slot = 3 THEN 'hide' WHEN is_on THEN 'less' ELSE 'more' END AS kind, f.at
   FROM computed.feed_feedback f JOIN computed.feed_user u ON u.id = f.sharer
   WHERE f.user_id = $1 AND f.sharer IS NOT NULL AND f.slot > 1 AND (f.is_on OR f.slot = 4)
   ORDER BY f.at DESC, f.item_key, f.slot LIMIT $2)
  UNION ALL
  (SELECT u.name, 'reshare', s.at
   FROM (
     SELECT s.* FROM computed.share s
     WHERE s.author = $1 AND s.via_id IS NOT NULL ORDER BY s.at DESC, s.tie DESC LIMIT $2
   ) AS s
   JOIN computed.feed_user self ON self.id = s.author
   CROSS JOIN LATERAL (
     SELECT o.author FROM computed.share o WHERE o.source = s.via_source AND o.id = s.via_id ORDER BY o.tie LIMIT 1
   ) AS via
   JOIN computed.feed_user u ON u.id = via.author
   WHERE via.author <> s.author AND NOT EXISTS (
     SELECT FROM computed.share_retraction r WHERE r.source = s.source AND r.id = s.id AND r.actor = self.name))`);
