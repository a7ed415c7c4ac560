/** $1: what was done before this is forgotten; what is of targets that went, too. */
export const pruneSql: readonly string[] = [
  `DELETE FROM sent.outbox WHERE state <> 'waiting' AND done_at < $1`,
  `DELETE FROM sent.conversation WHERE NOT open AND changed_at < $1`,
];
export const orphansSql: readonly string[] = [
  'DELETE FROM sent.pause p WHERE NOT EXISTS (SELECT FROM decided.webhook w WHERE w.id = p.target)',
  'DELETE FROM sent.outbox o WHERE NOT EXISTS (SELECT FROM decided.webhook w WHERE w.id = o.target)',
  'DELETE FROM sent.conversation c WHERE NOT EXISTS (SELECT FROM decided.webhook w WHERE w.id = c.target)',
];
