import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Mode, Narrowing } from '#libs/ranking';

/** A contest as people set it up. Its entries and votes are events. */
@Entity({ schema: 'decided', name: 'contest' })
export class ContestEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'contest_pkey' })
  id!: string;
  @Column('text')
  title!: string;
  @Column('text')
  mode!: Mode;
  /** Trending: after so long a vote counts half. */
  @Column('integer', { name: 'half_life_seconds' })
  halfLifeSeconds!: number;
  /** Names of rules whose alerts discount votes. */
  @Column('text', { name: 'discounting_rules', array: true })
  discountingRules!: string[];
  /** Votes of a later time don't count; null: it is open. */
  @Column({ type: 'timestamptz', name: 'closed_at', precision: 3, nullable: true })
  closedAt!: Date | null;
  /** How often it was changed, and its ETag. */
  @Column('integer')
  change!: number;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
  /** How it comes down to its best; null: it does not. */
  @Column('jsonb', { nullable: true })
  narrowing!: Narrowing | null;
}
