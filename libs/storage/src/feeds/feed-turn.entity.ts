import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row: how many transactions have projected feeds. Each takes its turn, and waits for the one before. */
@Entity({ schema: 'computed', name: 'feed_turn' })
export class FeedTurnEntity {
  @PrimaryColumn('boolean', { primaryKeyConstraintName: 'feed_turn_pkey' })
  one!: boolean;
  @Column('bigint')
  turn!: string;
  /** Another after each rebuild: turns of one tell nothing about another. */
  @Column('text')
  generation!: string;
}
