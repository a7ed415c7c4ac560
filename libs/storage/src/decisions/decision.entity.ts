import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What a rule asked bouncers to do about an alert: one row for each time without a gap in which that held. Computed from
 * the topic `alert`.
 */
@Entity({ schema: 'computed', name: 'decision' })
@Index('decision_by_uuid', ['uuid'], { unique: true })
@Index('decision_by_id', ['id'])
@Index('decision_by_start', ['startsAt', 'uuid'])
@Index('decision_by_until', ['until'])
@Index('decision_by_value', ['value', 'startsAt'])
@Index('decision_by_change', ['change'])
@Index('decision_by_minute', ['ruleId', 'minute', 'startsAt', 'alertId', 'term'], { where: 'guard IS NULL' })
@Index('decision_beyond_addresses_by_start', ['ruleId', 'startsAt'], {
  where: "scope <> ALL (ARRAY['Ip'::text, 'Range'::text])",
})
@Index('decision_beyond_addresses_by_until', ['ruleId', 'until'], {
  where: "scope <> ALL (ARRAY['Ip'::text, 'Range'::text])",
})
export class DecisionEntity {
  @PrimaryColumn('text', { name: 'alert_id', primaryKeyConstraintName: 'decision_pkey' })
  alertId!: string;
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'decision_pkey' })
  term!: number;
  @Column('text')
  uuid!: string;
  /** Of the uuid; for bouncers. */
  @Column('bigint')
  id!: string;
  @Column('text', { name: 'rule_id' })
  ruleId!: string;
  @Column('text', { name: 'rule_name' })
  ruleName!: string;
  @Column('text', { name: 'rule_owner', nullable: true })
  ruleOwner!: string | null;
  @Column('text')
  severity!: string;
  @Column('json', { name: 'group_fields' })
  groupFields!: unknown;
  @Column('text')
  type!: string;
  @Column('text')
  scope!: string;
  @Column('text')
  value!: string;
  /** When the log recorded what raised it. */
  @Column({ type: 'timestamptz', precision: 3, name: 'starts_at' })
  startsAt!: Date;
  @Column({ type: 'timestamptz', precision: 3 })
  until!: Date;
  @Column('bigint', { name: 'duration_ms' })
  durationMs!: string;
  /** Why it does not bite; null: it does. */
  @Column('text', { nullable: true })
  guard!: string | null;
  /** Of its start: what the guard counts by. */
  @Column({ type: 'timestamptz', precision: 3 })
  minute!: Date;
  @Column('bigint')
  change!: string;
}
