import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Choice } from '#libs/ranking';

const primaryKeyConstraintName = 'contest_tally_pkey';

/** How many live votes of a contest made a choice, by the rules that speak against them. What comes to nothing stays, as nothing. */
@Entity({ schema: 'computed', name: 'contest_tally' })
export class ContestTallyEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName })
  contest!: string;
  /** SHA-256 of rules and choice: they may be longer than an index can hold. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName })
  key!: Buffer;
  @Column('text', { array: true })
  rules!: string[];
  @Column('json')
  choice!: Choice;
  @Column('bigint')
  votes!: string;
}
