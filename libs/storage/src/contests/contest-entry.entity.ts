import { Column, Entity, PrimaryColumn } from 'typeorm';

const primaryKeyConstraintName = 'contest_entry_pkey';

/** What was said of entries, one row an event. The newest holds; `state` withdrawn: it takes no part. */
@Entity({ schema: 'computed', name: 'contest_entry' })
export class ContestEntryEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName })
  contest!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  entry!: string;
  @PrimaryColumn({ type: 'timestamptz', precision: 3, primaryKeyConstraintName })
  at!: Date;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  source!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  id!: string;
  @Column('text', { nullable: true })
  actor!: string | null;
  @Column('text', { nullable: true })
  title!: string | null;
  @Column('text', { nullable: true })
  state!: string | null;
}
