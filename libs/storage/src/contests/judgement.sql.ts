/** The first change of an alert that votes were not judged by yet. */
export const judgedChangeSql = `coalesce(
  (SELECT "offset" FROM computed.projection_position WHERE projection = 'contest-judgement'), 0)`;

/** Whether alerts changed since. When it stands at 0, they may also have gone. */
export const isPendingSql = (judged: string): string => `(
  EXISTS (SELECT FROM computed.alert WHERE change >= ${judged})
  OR ${judged} = 0 AND EXISTS (SELECT FROM computed.contest_suspect))`;
