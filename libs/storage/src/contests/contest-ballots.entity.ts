import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { BallotSums } from '#libs/ranking';

const primaryKeyConstraintName = 'contest_ballots_pkey';

/** What live ballots of a contest add up to, over the entries that stand, by the rules that speak against them. */
@Entity({ schema: 'computed', name: 'contest_ballots' })
export class ContestBallotsEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName })
  contest!: string;
  /** SHA-256 of the rules. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName })
  key!: Buffer;
  @Column('text', { array: true })
  rules!: string[];
  @Column('json')
  sums!: BallotSums;
}
