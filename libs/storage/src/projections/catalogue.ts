/** What is computed from the log into tables, and can be dropped and computed again. */
export interface Projection {
  /** Its positions are kept by this name. */
  name: string;
  /** What it is computed from. */
  topics: readonly string[];
  /** Of the schema `computed`; all of what is in them. */
  tables: readonly string[];
  /** Positions, by their name, of what follows its tables from the first change of a row on: that begins again, too. */
  followers?: readonly string[];
}

/** Every projection. */
export const projections = [
  {
    name: 'alerts',
    topics: ['alert'],
    tables: ['alert', 'alert_evidence', 'alert_kind', 'incident_run', 'incident_sum'],
    followers: ['contest-judgement'],
  },
  { name: 'decisions', topics: ['alert'], tables: ['decision', 'guard_bite', 'held_alert'] },
  {
    name: 'contests',
    topics: ['vote', 'contest.entry', 'retract', 'exposure'],
    tables: [
      ...['contest_vote', 'contest_entry', 'retraction', 'exposure'],
      ...['contest_tally', 'contest_fading', 'contest_ballots', 'contest_suspect', 'contest_stale'],
    ],
    followers: ['contest-judgement'],
  },
  {
    name: 'feeds',
    topics: ['share', 'relation', 'retract', 'feedback'],
    tables: [
      'feed_user',
      'relation',
      'share',
      'share_retraction',
      'feed_turn',
      'feed_pulled',
      'feed_inbox',
      'feed_feedback',
    ],
  },
] as const satisfies readonly Projection[];

export type ProjectionName = (typeof projections)[number]['name'];

/** Tables of the schema `computed` that no rebuild drops, and why. */
export const keptTables: Readonly<Record<string, string>> = {
  projection_position:
    'how far projections and notifications are: those of notifications must stay, or all is told again',
  snapshot: 'the state of detection, which is computed from other topics than what it found',
  snapshot_chunk: 'as snapshot',
};
