import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** People by number. Numbers follow the order of arrival: nothing that is answered may depend on it. */
@Entity({ schema: 'computed', name: 'feed_user' })
@Index('feed_user_by_name', ['name'], { unique: true })
export class FeedUserEntity {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS', primaryKeyConstraintName: 'feed_user_pkey' })
  id!: number;
  @Column('text')
  name!: string;
  /** The user's inbox holds all that it should of what is newer than this place; null: all. */
  @Column('bigint', { name: 'horizon_tie', nullable: true })
  horizonTie!: string | null;
  @Column({ type: 'timestamptz', name: 'horizon_at', precision: 3, nullable: true })
  horizonAt!: Date | null;
}
