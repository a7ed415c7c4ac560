/** $1: JSON array of rows, numbered from the contest's last on. */
export const insertStepsSql = `
  INSERT INTO decided.contest_step (contest, step, round, action, at, taken_at, actor, judged)
  SELECT contest, step, round, action, at, taken_at, actor, judged
  FROM json_to_recordset($1::json) AS row
    (contest text, step integer, round integer, action text, at timestamptz, taken_at timestamptz, actor text, judged jsonb)`;
