import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const primaryKeyConstraintName = 'feed_feedback_pkey';

/** What a user last said of an item, by `at` and then `tie`. */
@Entity({ schema: 'computed', name: 'feed_feedback' })
@Index('feed_feedback_by_sharer', ['userId', 'at'], { where: 'sharer IS NOT NULL AND slot > 1' })
export class FeedFeedbackEntity {
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
  @PrimaryColumn('integer', { name: 'user_id', primaryKeyConstraintName })
  userId!: number;
  /** As `object_key` of shares. */
  @PrimaryColumn('bigint', { name: 'item_key', primaryKeyConstraintName })
  itemKey!: string;
  /** 1 seen, 2 open, 3 hide (off: show), 4 less (off: more) */
  @PrimaryColumn('smallint', { primaryKeyConstraintName })
  slot!: number;
  @Column('integer')
  tie!: number;
  @Column('integer', { nullable: true })
  sharer!: number | null;
  @Column('boolean', { name: 'is_on' })
  isOn!: boolean;
}
