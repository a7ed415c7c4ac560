import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Choice } from '#libs/ranking';

const primaryKeyConstraintName = 'contest_fading_pkey';

/** What live votes for entries weighed when their half-life began; see `slotOf` of libs/ranking. */
@Entity({ schema: 'computed', name: 'contest_fading' })
@Index('contest_fading_by_slot', ['halfLife', 'slot'])
export class ContestFadingEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName })
  contest!: string;
  /** Seconds. */
  @PrimaryColumn('integer', { name: 'half_life', primaryKeyConstraintName })
  halfLife!: number;
  /** Half-lives since 1970. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName })
  slot!: string;
  /** As in computed.contest_tally. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName })
  key!: Buffer;
  @Column('text', { array: true })
  rules!: string[];
  @Column('json')
  choice!: Choice;
  @Column('bigint')
  weight!: string;
  /** Sum of the weights' squares. */
  @Column('bigint')
  squares!: string;
}
