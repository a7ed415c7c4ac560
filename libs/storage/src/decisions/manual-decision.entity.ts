import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Whom somebody blocked by hand. */
@Entity({ schema: 'decided', name: 'decision' })
@Index('decision_by_id', ['id'])
@Index('decision_by_start', ['startsAt', 'uuid'])
@Index('decision_by_until', ['until'])
@Index('decision_by_value', ['value', 'startsAt'])
@Index('decision_by_change', ['change'])
export class ManualDecisionEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'decision_pkey' })
  uuid!: string;
  @Column('bigint')
  id!: string;
  @Column('text')
  type!: string;
  @Column('text')
  scope!: string;
  @Column('text')
  value!: string;
  @Column({ type: 'timestamptz', precision: 3, name: 'starts_at' })
  startsAt!: Date;
  @Column({ type: 'timestamptz', precision: 3 })
  until!: Date;
  @Column('text')
  author!: string;
  @Column('text')
  reason!: string;
  @Column('bigint')
  change!: string;
}
