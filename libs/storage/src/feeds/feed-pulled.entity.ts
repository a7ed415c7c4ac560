import { Entity, PrimaryColumn } from 'typeorm';

/** Those with too many followers: their shares go to no inbox, and are looked up when a feed is read. Once here they stay. */
@Entity({ schema: 'computed', name: 'feed_pulled' })
export class FeedPulledEntity {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'feed_pulled_pkey' })
  author!: number;
}
