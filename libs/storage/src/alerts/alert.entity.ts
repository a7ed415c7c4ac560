import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One episode, in its newest revision. Computed from the topic `alert`; a rebuild may drop and refill it. */
@Entity({ schema: 'computed', name: 'alert' })
@Index('alert_by_opened', ['openedAt', 'id'])
@Index('alert_by_rule_id', ['ruleId', 'openedAt', 'id'])
@Index('alert_by_severity', ['severity', 'openedAt', 'id'])
@Index('alert_by_state', ['state', 'openedAt', 'id'])
@Index('alert_by_group', ['groupTerms'], { type: 'gin' })
@Index('alert_by_change', ['change'], { unique: true })
@Index('alert_by_incident', ['incident', 'openedAt', 'id'], { where: 'incident IS NOT NULL' })
@Index('alert_by_incident_end', ['incident', 'lastSeen'], { where: 'incident IS NOT NULL' })
@Index('alert_by_incident_verdict', ['incident', 'triageVerdict'], {
  where: 'incident IS NOT NULL AND triage_verdict IS NOT NULL',
})
@Index('alert_names_incident', ['openedAt', 'id'], { where: 'incident = id' })
@Index('alert_by_merged', ['mergedInto'], { where: 'merged_into IS NOT NULL' })
@Index('alert_by_status', ['triageStatus', 'openedAt', 'id'])
@Index('alert_by_owner', ['triageOwner', 'openedAt', 'id'], { where: 'triage_owner IS NOT NULL' })
@Index('alert_by_verdict', ['triageVerdict', 'openedAt', 'id'], { where: 'triage_verdict IS NOT NULL' })
// Trigrams, where the server has them: not for TypeORM to make.
@Index('alert_by_text', { synchronize: false })
export class AlertEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'alert_pkey' })
  id!: string;
  @Column('text', { name: 'rule_id' })
  ruleId!: string;
  @Column('text', { name: 'rule_name' })
  ruleName!: string;
  @Column('text', { name: 'rule_title' })
  ruleTitle!: string;
  @Column('integer', { name: 'rule_version' })
  ruleVersion!: number;
  @Column('text', { name: 'rule_owner', nullable: true })
  ruleOwner!: string | null;
  @Column('text', { name: 'rule_runbook', nullable: true })
  ruleRunbook!: string | null;
  @Column('text')
  severity!: string;
  @Column('text')
  state!: string;
  @Column('text', { name: 'merged_into', nullable: true })
  mergedInto!: string | null;
  /** As the event had it: `json` keeps the order of fields, and characters that `jsonb` refuses. */
  @Column('json', { name: 'group_fields' })
  groupFields!: unknown;
  /** `field:value` and `value` of every field, for lookups by either. */
  @Column('text', { name: 'group_terms', array: true })
  groupTerms!: string[];
  /** The values, for a search by substring. */
  @Column('text', { name: 'group_text' })
  groupText!: string;
  @Column('text')
  timespan!: string;
  @Column('json')
  condition!: unknown;
  @Column({ type: 'timestamptz', name: 'first_seen', precision: 3 })
  firstSeen!: Date;
  @Column({ type: 'timestamptz', name: 'opened_at', precision: 3 })
  openedAt!: Date;
  @Column({ type: 'timestamptz', name: 'last_seen', precision: 3 })
  lastSeen!: Date;
  @Column({ type: 'timestamptz', name: 'closed_at', precision: 3, nullable: true })
  closedAt!: Date | null;
  @Column('double precision')
  value!: number;
  @Column('double precision')
  peak!: number;
  @Column('bigint')
  events!: string;
  @Column({ type: 'double precision', nullable: true })
  expected!: number | null;
  @Column('boolean')
  shadow!: boolean;
  /** What its rule asks bouncers to do; null: nothing. */
  @Column('json', { nullable: true })
  decision!: unknown;
  /** Raised afterwards, from what the log held when the rule was new. */
  @Column('boolean', { default: false })
  retro!: boolean;
  @Column('integer')
  revision!: number;
  /** Where in `weir.matches` this revision was decided; an older one never replaces a newer one. */
  @Column('integer', { name: 'position_partition' })
  positionPartition!: number;
  @Column({ type: 'bigint', name: 'position_offset' })
  positionOffset!: string;
  /** Grows with every change to any alert, in the order in which changes become visible. */
  @Column('bigint')
  change!: string;
  /** The alert that the incident is named after; null: in none. */
  @Column('text', { nullable: true })
  incident!: string | null;
  /** Follows from decided.triage, and is here to be found by index; what was merged into an alert leaves it its own. */
  @Column('text', { name: 'triage_status', default: 'new' })
  triageStatus!: string;
  @Column('text', { name: 'triage_owner', nullable: true })
  triageOwner!: string | null;
  @Column('text', { name: 'triage_verdict', nullable: true })
  triageVerdict!: string | null;
  @Column('text', { name: 'triage_reason', nullable: true })
  triageReason!: string | null;
  @Column('integer', { name: 'triage_notes', default: 0 })
  triageNotes!: number;
}
