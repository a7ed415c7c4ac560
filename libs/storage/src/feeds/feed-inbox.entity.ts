import { Column, Entity, PrimaryColumn } from 'typeorm';

const primaryKeyConstraintName = 'feed_inbox_pkey';

/** Where shares of those whom a user follows, or followed, are found: only references. */
@Entity({ schema: 'computed', name: 'feed_inbox' })
export class FeedInboxEntity {
  @PrimaryColumn('integer', { name: 'user_id', primaryKeyConstraintName })
  userId!: number;
  @PrimaryColumn({ type: 'timestamptz', precision: 3, primaryKeyConstraintName })
  at!: Date;
  @PrimaryColumn('bigint', { primaryKeyConstraintName })
  tie!: string;
  @Column('integer')
  author!: number;
}
