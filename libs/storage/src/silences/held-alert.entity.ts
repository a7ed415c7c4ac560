import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An alert that a silence, or an entry of the allowlist, was there for when it was recorded. */
@Entity({ schema: 'computed', name: 'held_alert' })
@Index('held_alert_by_silence', ['silenceId'])
export class HeldAlertEntity {
  @PrimaryColumn('text', { name: 'alert_id', primaryKeyConstraintName: 'held_alert_pkey' })
  alertId!: string;
  @PrimaryColumn('text', { name: 'silence_id', primaryKeyConstraintName: 'held_alert_pkey' })
  silenceId!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
