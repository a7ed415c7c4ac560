/**
 * $1 seconds of a half-life, $2 the slot of now, $3 slots that are looked back, $4 mode of contests, or null: all, $5 entries of a contest.
 * Entries of open contests with what their votes weigh when the slot of now begins: yes less no, without discounted ones, the best first.
 */
export const trendingEntriesSql = `
  WITH scored AS (
    SELECT f.contest, c.title AS "contestTitle", f.choice ->> 'entry' AS entry,
      sum((f.choice ->> 'value')::integer * f.weight * power(0.5::float8, greatest(0, $2 - f.slot))) AS weight,
      sum(f.squares * power(0.25::float8, greatest(0, $2 - f.slot))) AS squares
    FROM computed.contest_fading f JOIN decided.contest c ON c.id = f.contest
    WHERE f.half_life = $1 AND f.slot > $2::bigint - $3::integer AND f.squares <> 0
      AND c.closed_at IS NULL AND c.mode IN ('approval', 'trending') AND c.mode = coalesce($4, c.mode)
      AND NOT f.rules && c.discounting_rules
    GROUP BY f.contest, c.title, f.choice ->> 'entry'
  ), standing AS (
    SELECT scored.*, e.title, e.actor, row_number() OVER (PARTITION BY contest ORDER BY weight DESC, entry) AS n
    FROM scored CROSS JOIN LATERAL (
      SELECT title, actor, state FROM computed.contest_entry e
      WHERE e.contest = scored.contest AND e.entry = scored.entry
      ORDER BY at DESC, source DESC, id DESC LIMIT 1) AS e
    WHERE weight > 0 AND e.state IS DISTINCT FROM 'withdrawn'
  )
  SELECT contest, "contestTitle", entry, title, actor, weight, squares
  FROM standing WHERE n <= $5 ORDER BY weight DESC, contest, entry`;
