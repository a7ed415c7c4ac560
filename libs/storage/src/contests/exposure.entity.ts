import { Column, Entity, PrimaryColumn } from 'typeorm';

const primaryKeyConstraintName = 'exposure_pkey';

/** Which entries a voter was shown to choose from, one row an event. */
@Entity({ schema: 'computed', name: 'exposure' })
export class ExposureEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName })
  contest!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  voter!: string;
  @PrimaryColumn({ type: 'timestamptz', precision: 3, primaryKeyConstraintName })
  at!: Date;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  source!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  id!: string;
  /** In the order in which they were shown. */
  @Column('text', { array: true })
  shown!: string[];
}
