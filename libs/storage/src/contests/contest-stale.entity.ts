import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Contests whose tallies are being counted anew. */
@Entity({ schema: 'computed', name: 'contest_stale' })
export class ContestStaleEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'contest_stale_pkey' })
  contest!: string;
  /** The tallies have the votes of voters up to this one, by bytes; null: what they have is worth nothing. */
  @Column('text', { nullable: true })
  counted!: string | null;
}
