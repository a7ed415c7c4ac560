import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const primaryKeyConstraintName = 'relation_pkey';

/** What was last said of one toward another, by `at` and then `tie`. */
@Entity({ schema: 'computed', name: 'relation' })
@Index('relation_followers', ['target', 'actor'], { where: 'kind = 1 AND is_on' })
@Index('relation_blockers', ['target', 'actor'], { where: 'kind = 3 AND is_on' })
export class RelationEntity {
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
  /** When, in the count of `feed_turn`, it last became what it is. */
  @Column('bigint')
  turn!: string;
  @Column('integer')
  tie!: number;
  @PrimaryColumn('integer', { primaryKeyConstraintName })
  actor!: number;
  /** 1 follow, 2 mute, 3 block */
  @PrimaryColumn('smallint', { primaryKeyConstraintName })
  kind!: number;
  @PrimaryColumn('integer', { primaryKeyConstraintName })
  target!: number;
  @Column('boolean', { name: 'is_on' })
  isOn!: boolean;
}
