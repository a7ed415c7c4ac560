/** Topics that are not named after an activity's event type. */
export const topics = {
  /** Hits of rules, partitioned by rule and group; internal, binary. */
  matches: 'weir.matches',
  /** What could not be read, as `DeadLetter`. */
  deadLetters: 'weir.dead-letters',
  /** What detection found: CloudEvents of type `alert`. */
  alert: 'alert',
} as const;
