import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const primaryKeyConstraintName = 'share_pkey';

/** Every share, one row an event. `at` and `tie` are its place in each feed. */
@Entity({ schema: 'computed', name: 'share' })
@Index('share_by_event', ['source', 'id', 'author'], { unique: true })
@Index('share_by_object', ['objectKey', 'author'])
@Index('share_by_turn', ['author', 'turn'])
export class ShareEntity {
  @PrimaryColumn('integer', { primaryKeyConstraintName })
  author!: number;
  @PrimaryColumn({ type: 'timestamptz', precision: 3, primaryKeyConstraintName })
  at!: Date;
  /** Follows from source, id and author: an order among shares of one millisecond that is the same everywhere. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName })
  tie!: string;
  /** When, in the count of `feed_turn`, it was projected. */
  @Column('bigint')
  turn!: string;
  /** Follows from the object's id. */
  @Column('bigint', { name: 'object_key' })
  objectKey!: string;
  @Column('text')
  source!: string;
  @Column('text')
  id!: string;
  /** The share that it re-shares, known or not. */
  @Column('text', { name: 'via_source', nullable: true })
  viaSource!: string | null;
  @Column('text', { name: 'via_id', nullable: true })
  viaId!: string | null;
  @Column('text', { array: true, nullable: true })
  audience!: string[] | null;
  @Column('json')
  object!: unknown;
  @Column('text', { nullable: true })
  text!: string | null;
}
