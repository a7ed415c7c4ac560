import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The matching events that the newest revision of an alert refers to: the first 50 and the latest 50. Computed. */
@Entity({ schema: 'computed', name: 'alert_evidence' })
export class AlertEvidenceEntity {
  @PrimaryColumn('text', { name: 'alert_id', primaryKeyConstraintName: 'alert_evidence_pkey' })
  alertId!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName: 'alert_evidence_pkey' })
  topic!: string;
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'alert_evidence_pkey' })
  partition!: number;
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'alert_evidence_pkey' })
  offset!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  time!: Date;
  /** The event as it was published with the alert; null where only the log has it. */
  @Column('json', { nullable: true })
  event!: unknown;
}
