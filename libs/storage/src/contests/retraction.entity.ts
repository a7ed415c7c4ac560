import { Entity, PrimaryColumn } from 'typeorm';

const primaryKeyConstraintName = 'retraction_pkey';

/** Events that were taken back, by whom and when; whether they are known yet or not. */
@Entity({ schema: 'computed', name: 'retraction' })
export class RetractionEntity {
  /** Of the event that is taken back. */
  @PrimaryColumn('text', { primaryKeyConstraintName })
  source!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  id!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  actor!: string;
  @PrimaryColumn({ type: 'timestamptz', precision: 3, primaryKeyConstraintName })
  at!: Date;
}
