import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What people decided about an alert. Theirs: no projection writes here, and there is no foreign key, so that alerts
 * can be dropped and computed again under it.
 */
@Entity({ schema: 'decided', name: 'triage' })
export class TriageEntity {
  @PrimaryColumn('text', { name: 'alert_id', primaryKeyConstraintName: 'triage_pkey' })
  alertId!: string;
  @Column('text', { default: 'new' })
  status!: string;
  @Column('text', { nullable: true })
  owner!: string | null;
  @Column('text', { nullable: true })
  verdict!: string | null;
  @Column('integer', { default: 0 })
  notes!: number;
  /** Why it was closed. */
  @Column('text', { nullable: true })
  reason!: string | null;
  /** Of decided.triage_change: the last step. */
  @Column('bigint', { default: 0 })
  change!: string;
}
