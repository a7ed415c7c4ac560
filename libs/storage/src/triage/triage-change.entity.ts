import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { TriageAction, TriageStatus, Verdict } from './triage.js';

/** What was done about an alert, with what held from then on: append-only. */
@Entity({ schema: 'decided', name: 'triage_change' })
@Index('triage_change_by_alert', ['alertId', 'change'])
export class TriageChangeEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'triage_change_pkey',
  })
  change!: string;
  @Column('text', { name: 'alert_id' })
  alertId!: string;
  @Column('text', { array: true })
  actions!: TriageAction[];
  @Column('text')
  status!: TriageStatus;
  @Column('text', { nullable: true })
  owner!: string | null;
  @Column('text', { nullable: true })
  verdict!: Verdict | null;
  @Column('text', { nullable: true })
  reason!: string | null;
  @Column('text', { nullable: true })
  note!: string | null;
  @Column('text')
  actor!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
