import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A decision that somebody lifted before its end. No foreign key: decisions can be dropped and computed again under it. */
@Entity({ schema: 'decided', name: 'decision_lift' })
@Index('decision_lift_by_change', ['change'])
export class DecisionLiftEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'decision_lift_pkey' })
  uuid!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
  @Column('text')
  actor!: string;
  @Column('bigint')
  change!: string;
}
