import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A target that messages were given up for, and that has taken none since: there is an open alert of it. */
@Entity({ schema: 'sent', name: 'failing' })
export class FailingEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'failing_pkey' })
  target!: string;
  /** The first delivery that was given up: it names the alert. */
  @Column('bigint')
  first!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  since!: Date;
  /** How many were given up. */
  @Column('integer')
  dead!: number;
}
